// A scenario in virtual time: the shipped loader on fibers, the shipped coordinator's handlers in
// this process, one thread, no socket. The same seed gives the same run, on any machine.

#ifndef MIG_SIM_VIRTUAL_VIRTUAL_RUN_H_
#define MIG_SIM_VIRTUAL_VIRTUAL_RUN_H_

#include <atomic>
#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "sim/report/progress.h"
#include "sim/report/summary.h"
#include "sim/scenario/scenario.h"

namespace mig::sim {

struct VirtualOptions {
  uint64_t seed = 0;
  // Asked between two runs: true ends the simulation (Ctrl-C) with what was seen. Borrowed.
  const std::atomic<bool>* stop = nullptr;
  // Told now and then, about ten times a second of the machine's time.
  absl::AnyInvocable<void(const Progress&)> progress = nullptr;
};

// Stops at the first promise that does not hold; that is a result, not an error.
//
// Errors: InvalidArgument  what only a fleet shows: a wave without hosts; "FILE:LINE: FIELD ..."
absl::StatusOr<Summary> RunVirtual(const Scenario& scenario, VirtualOptions options);

}  // namespace mig::sim

#endif  // MIG_SIM_VIRTUAL_VIRTUAL_RUN_H_
