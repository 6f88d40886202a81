// How far a simulation is, for a person at a terminal.

#ifndef MIG_SIM_CLI_PROGRESS_LINE_H_
#define MIG_SIM_CLI_PROGRESS_LINE_H_

#include <optional>
#include <ostream>
#include <string>

#include "base/clock.h"
#include "sim/report/progress.h"

namespace mig::sim {

// One line that is redrawn, or a line now and then, or nothing. Clears what it drew when it ends.
// One thread at a time.
class ProgressLine {
 public:
  enum class Look {
    kNone,        // nobody looks: a pipe
    kRedrawn,     // a terminal
    kLineByLine,  // for a screen reader: a line every ten seconds
  };

  // `out` and `clock` are borrowed.
  ProgressLine(std::ostream& out, base::Clock& clock, Look look)
      : out_(out), clock_(clock), look_(look) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine();

  void Show(const Progress& progress);

 private:
  std::ostream& out_;
  base::Clock& clock_;
  Look look_;
  std::string drawn_;  // what stands there now
  std::optional<base::MonotonicTime> said_;
};

// "03m12s/10m00s [###.......] loaders 10,000  runs 1,204 of 1,204  err 12".
std::string ProgressText(const Progress& progress);

}  // namespace mig::sim

#endif  // MIG_SIM_CLI_PROGRESS_LINE_H_
