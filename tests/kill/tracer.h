// Runs a program and stops it at the entry and the exit of every system call of all its threads
// (ptrace(2)), so that a test can kill it there, or give it another result than the kernel's.
//
// What it forks is followed up to its execve, and runs on untraced from there: that is an agent.
// Of x86-64; elsewhere calls can be seen and the program be killed, but results are the kernel's.

#ifndef MIG_TESTS_KILL_TRACER_H_
#define MIG_TESTS_KILL_TRACER_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/kill/call.h"

namespace mig::tests {

enum class Side { kEntry, kExit };

struct Stop {
  Side side = Side::kEntry;
  const Call& call;
  int64_t result = 0;  // at the exit; -errno for an error
};

// What happens next at a stop.
struct Order {
  enum class What {
    kGoOn,
    kKill,     // SIGKILL to the whole program, before or after the call
    kFail,     // at the entry: the call is not made, its result is -`value` (an errno)
    kPretend,  // at the exit: it was made, its result is -`value` all the same
    kShorten,  // at the entry: a read or write of at most `value` bytes
  };
  What what = What::kGoOn;
  int64_t value = 0;
};

struct TraceOptions {
  std::vector<std::string> environment;  // all of it
  std::string directory = "/";
  std::string files;                            // as in ReadCall
  absl::Duration patience = absl::Seconds(30);  // it is killed after that
};

struct TraceResult {
  int exit_status = 0;  // or 128 + the signal that ended it
  std::string said;     // what it wrote to both of its outputs
};

// Runs it to its end, and what it forked to its execve. `judge` is called at each stop, in the
// order in which they were seen, by one thread that is not the caller's; whoever calls waits
// meanwhile. All of it ends with this process, whatever happens to that.
//
// Errors: PermissionDenied  this system does not let processes be traced (a container may not)
//         DeadlineExceeded  it did not end in time; has its last words
//         Unavailable       it could not be started
absl::StatusOr<TraceResult> TraceProgram(const std::vector<std::string>& words,
                                         const TraceOptions& options,
                                         absl::FunctionRef<Order(const Stop&)> judge);

}  // namespace mig::tests

#endif  // MIG_TESTS_KILL_TRACER_H_
