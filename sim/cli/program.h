// mig-sim, without the process around it.

#ifndef MIG_SIM_CLI_PROGRAM_H_
#define MIG_SIM_CLI_PROGRAM_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/random.h"
#include "sim/cli/command_line.h"
#include "sim/cli/progress_line.h"
#include "sim/report/progress.h"
#include "sim/report/summary.h"
#include "sim/scenario/scenario.h"

namespace mig::sim {

// What a scenario is run with.
struct RunRequest {
  uint64_t seed = 0;
  std::string coordinator_program;          // --live
  const std::atomic<bool>* stop = nullptr;  // borrowed
  std::function<void(const Progress&)> progress;
};

// What runs it in each mode: RunLive and RunVirtual, of sim/live and sim/virtual.
using Runner = std::function<absl::StatusOr<Summary>(const Scenario&, const RunRequest&)>;
struct Runners {
  Runner live;
  Runner virtual_time;
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
