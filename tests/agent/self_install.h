// As the original agent does it: the program that was just put in place starts itself in the
// background and ends the process of the one before it.

#ifndef MIG_TESTS_AGENT_SELF_INSTALL_H_
#define MIG_TESTS_AGENT_SELF_INSTALL_H_

#include <string>

#include "absl/status/statusor.h"
#include "tests/agent/settings.h"

namespace mig::tests {

// Ends the agent that holds the pid file, then starts `program` (this very file, by its path) as a
// process of its own session, and waits until it serves. Gives the first line that it said.
//
// Errors: InvalidArgument     the configuration names no pid_file
//         FailedPrecondition  the old one does not end
//         Unavailable         the new one ended, or did not serve within ten seconds; has its words
absl::StatusOr<std::string> InstallSelf(const std::string& program, const Settings& settings);

}  // namespace mig::tests

#endif  // MIG_TESTS_AGENT_SELF_INSTALL_H_
