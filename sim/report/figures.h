// The figures of a summary by the names that assertions, JSON and docs/simulation.md use.

#ifndef MIG_SIM_REPORT_FIGURES_H_
#define MIG_SIM_REPORT_FIGURES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "sim/report/summary.h"

namespace mig::sim {

// One figure. A value.
struct Figure {
  enum class Kind { kCount, kTime, kShare, kMemory };
  enum class Where { kBoth, kLiveOnly };

  std::string name;  // "check_ins", "p99_check_in"
  Kind kind = Kind::kCount;
  Where where = Where::kBoth;
  // Of how many samples it is made; 0 says nothing. Counts stand for themselves: always 1.
  uint64_t samples = 1;
  uint64_t count = 0;   // kCount
  absl::Duration time;  // kTime
  double number = 0;    // kShare: per cent; kMemory: MiB
};

// All there are, counts first, always in the same order.
std::vector<Figure> FiguresOf(const Summary& summary);

// "connect", "check_in", "fetch", "report", "run".
absl::string_view PhaseName(Phase phase);

}  // namespace mig::sim

#endif  // MIG_SIM_REPORT_FIGURES_H_
