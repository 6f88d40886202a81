// Starting a program that has nothing of ours: an agent, its install command, a probe.

#ifndef MIG_LOADER_SERVICES_CHILD_PROCESS_H_
#define MIG_LOADER_SERVICES_CHILD_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace mig::loader {

struct ChildSurroundings {
  int output = -1;            // standard output and error; -1: /dev/null
  std::string notify_socket;  // NOTIFY_SOCKET; empty: there is no such variable
  // Of a control group that it enters before it executes its program (ControlGroup::OpenEntrance);
  // -1: none. One that does not let it in is no error.
  int group_entrance = -1;
};

// Starts argv[0] (absolute) in a session and process group of its own, with argv as its arguments;
// standard input /dev/null, no other descriptor, working directory /, umask 022, no signal blocked
// or ignored, nice 0, and an environment of PATH, HOME and LANG with fixed values and NOTIFY_SOCKET
// where there is one: whatever this process was started with makes no difference (ADVERSARY 112).
// It is a child of this process, and outlives it.
//
// FailedPrecondition, naming program and reason, if it cannot be executed; ResourceExhausted if
// the system has no room for another process.
absl::StatusOr<pid_t> StartChild(const std::vector<std::string>& argv,
                                 const ChildSurroundings& surroundings);

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_CHILD_PROCESS_H_
