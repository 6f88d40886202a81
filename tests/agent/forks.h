// What agents in the field fork: processes that they forget, and their own updater.

#ifndef MIG_TESTS_AGENT_FORKS_H_
#define MIG_TESTS_AGENT_FORKS_H_

#include <string>

namespace mig::tests {

// A process that left its session and its parent, and that only SIGKILL ends; its number is in
// `file` as soon as that is there.
void LeaveStray(const std::string& file);

// Runs the words of `command` as a child in this process's own session and process group, as a
// program does that calls system(3). Its end is not waited for.
void RunBeside(const std::string& command);

}  // namespace mig::tests

#endif  // MIG_TESTS_AGENT_FORKS_H_
