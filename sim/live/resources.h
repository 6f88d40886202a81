// What a run takes of the machine.

#ifndef MIG_SIM_LIVE_RESOURCES_H_
#define MIG_SIM_LIVE_RESOURCES_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mig::sim {

// The most memory that a process had since its program began (not what its parent had when it was
// forked, as getrusage says): VmHWM. `process`: its number, or "self". 0: it is gone.
uint64_t PeakRssBytes(absl::string_view process);

// User and system time of this process so far.
absl::Duration OwnCpuTime();

// Lets this process, and those it starts, have so many open files.
// ResourceExhausted: the system does not; says what to do.
absl::Status AllowOpenFiles(uint64_t count);

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_RESOURCES_H_
