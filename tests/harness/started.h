// A child process as descriptors: what fork and exec need, for command.h and background.h.

#ifndef MIG_TESTS_HARNESS_STARTED_H_
#define MIG_TESTS_HARNESS_STARTED_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/agent/descriptor.h"

namespace mig::tests {

struct StartOptions {
  std::vector<std::string> environment;  // all of it
  std::string directory = "/";
  int out = -1;  // where its standard output and error go; borrowed
  int err = -1;
  // Stops before its execve, traced (ptrace) by the thread that starts it; ends with
  // kMayNotBeTraced where the system does not let it. See tests/kill/tracer.h.
  bool traced = false;
};
inline constexpr int kMayNotBeTraced = 126;

// A child in a process group of its own, with an empty standard input. A value to be waited for
// once.
struct Started {
  pid_t pid = 0;
  Descriptor process;  // a pidfd: readable when it has ended
};

// Unavailable if it cannot be started.
absl::StatusOr<Started> StartProgram(const std::vector<std::string>& words,
                                     const StartOptions& options);

// Whether it has ended before `patience` is over.
bool EndsWithin(const Started& started, absl::Duration patience);

// Of one that has ended: its exit status, or 128 + the signal.
int Collect(const Started& started);

}  // namespace mig::tests

#endif  // MIG_TESTS_HARNESS_STARTED_H_
