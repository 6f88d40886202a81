// Starting a program that has nothing of ours: an agent, its install command, a probe.

#ifndef MIG_LOADER_SERVICES_CHILD_PROCESS_H_
#define MIG_LOADER_SERVICES_CHILD_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace mig::loader {

// Starts argv[0] (absolute) in a session and process group of its own, with argv as its arguments;
// standard input /dev/null, output and error `output` (or /dev/null if that is -1), no other
// descriptor, working directory /, umask 022, no signal blocked or ignored, nice 0, and an
// environment of PATH, HOME and LANG with fixed values: whatever this process was started with
// makes no difference (ADVERSARY 112). It is a child of this process, and outlives it.
//
// FailedPrecondition, naming program and reason, if it cannot be executed; ResourceExhausted if
// the system has no room for another process.
absl::StatusOr<pid_t> StartChild(const std::vector<std::string>& argv, int output);

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_CHILD_PROCESS_H_
