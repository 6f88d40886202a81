// How far a long step is: redrawn at a terminal, silent elsewhere.

#ifndef MIG_CTL_OUTPUT_PROGRESS_H_
#define MIG_CTL_OUTPUT_PROGRESS_H_

#include <cstdint>
#include <string>

#include "ctl/output/console.h"

namespace mig::ctl {

// "[######....]", `width` characters between the brackets.
std::string Bar(uint64_t done, uint64_t all, int width);

// One step; clears its line when it ends. `console` is borrowed.
class Progress {
 public:
  Progress(Console& console, std::string what, uint64_t all_bytes);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void Report(uint64_t done_bytes);

 private:
  Console& console_;
  std::string what_;
  uint64_t all_bytes_;
  uint64_t shown_percent_ = 101;  // nothing was drawn yet
};

}  // namespace mig::ctl

#endif  // MIG_CTL_OUTPUT_PROGRESS_H_
