// Where the coordinator's program is.

#ifndef MIG_SIM_CLI_FIND_COORDINATOR_H_
#define MIG_SIM_CLI_FIND_COORDINATOR_H_

#include <string>

#include "absl/status/statusor.h"

namespace mig::sim {

// An absolute path. `given` is what --coordinator says; if empty, the program is looked for beside
// `own_program` (resolved, no link): ../coordinator/mig-coordinator as Bazel lays it out, then
// mig-coordinator in the same directory.
//
// Errors: NotFound  no program there; says what to build or to give
absl::StatusOr<std::string> FindCoordinator(const std::string& own_program,
                                            const std::string& given);

}  // namespace mig::sim

#endif  // MIG_SIM_CLI_FIND_COORDINATOR_H_
