// Runs a program to its end, with what it said in hand.

#ifndef MIG_TESTS_HARNESS_COMMAND_H_
#define MIG_TESTS_HARNESS_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace mig::tests {

struct CommandOptions {
  // "NAME=value", all of it: nothing of the caller's environment is passed on.
  std::vector<std::string> environment;
  std::string directory = "/";
  // Its process group is killed after that.
  absl::Duration patience = absl::Seconds(60);
};

struct CommandResult {
  int exit_status = 0;  // or 128 + the signal that ended it
  std::string out;      // at most 16 MiB each
  std::string err;
  std::string shown;  // the command, as a person would type it

  // One line for a person: the command, how it ended, and the last line that it said.
  std::string ToString() const;
};

// Standard input is empty. Ends when the program does, whatever it left running.
//
// Errors: Unavailable       it could not be started
//         DeadlineExceeded  it did not end in time, and was killed; has its last words
absl::StatusOr<CommandResult> RunCommand(const std::vector<std::string>& words,
                                         const CommandOptions& options);

// FailedPrecondition, with the command and its words, unless it ended with this status.
absl::Status CheckExit(const absl::StatusOr<CommandResult>& result, int exit_status);

// As a person would type it: program names without folders, quotes where a shell needs them.
std::string ShownCommand(const std::vector<std::string>& words);

// The last line that is not empty; empty if there is none.
std::string LastLine(const std::string& text);

}  // namespace mig::tests

#endif  // MIG_TESTS_HARNESS_COMMAND_H_
