// mig-sim, without the process around it.

#ifndef MIG_SIM_CLI_PROGRAM_H_
#define MIG_SIM_CLI_PROGRAM_H_

#include <atomic>
#include <functional>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/random.h"
#include "sim/cli/command_line.h"
#include "sim/cli/progress_line.h"
#include "sim/live/live_run.h"
#include "sim/report/summary.h"
#include "sim/scenario/scenario.h"
#include "sim/virtual/virtual_run.h"

namespace mig::sim {

// What runs a scenario in each mode: RunLive, RunVirtual.
struct Runners {
  std::function<absl::StatusOr<Summary>(const Scenario&, LiveOptions)> live;
  std::function<absl::StatusOr<Summary>(const Scenario&, VirtualOptions)> virtual_time;
};

// Borrowed, all of it.
struct Surroundings {
  std::ostream& out;  // the summary, and nothing else
  std::ostream& err;
  base::Clock& clock;
  base::Random& random;           // a seed, where none was given
  const std::atomic<bool>& stop;  // Ctrl-C
  ProgressLine::Look look = ProgressLine::Look::kNone;
  std::string own_program;  // an absolute path without links
};

// The exit status (ExitStatus of report/outcome.h).
int RunCommand(const Command& command, const Surroundings& surroundings, const Runners& runners);

}  // namespace mig::sim

#endif  // MIG_SIM_CLI_PROGRAM_H_
