// One agent per pid file: the file is locked while its agent lives, so a number that was left
// behind is never taken for a process.

#ifndef MIG_TESTS_AGENT_PID_FILE_H_
#define MIG_TESTS_AGENT_PID_FILE_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/agent/descriptor.h"

namespace mig::tests {

// This process's own entry, until it ends. The file stays, empty.
class PidFile {
 public:
  // Errors: FailedPrecondition  another agent holds it
  //         PermissionDenied    it cannot be made or written
  static absl::StatusOr<PidFile> Take(const std::string& path);

  PidFile(PidFile&&) = default;
  PidFile& operator=(PidFile&&) = default;
  ~PidFile();

 private:
  explicit PidFile(Descriptor file) : file_(std::move(file)) {}

  Descriptor file_;
};

// Ends the agent that holds `path`, if there is one: SIGTERM, and SIGKILL if that does not help in
// five seconds. Returns when it has ended.
//
// Errors: FailedPrecondition  it cannot be ended; says why
absl::Status EndHolder(const std::string& path);

}  // namespace mig::tests

#endif  // MIG_TESTS_AGENT_PID_FILE_H_
