// One system call of a traced process, and what it is to the files of a host.

#ifndef MIG_TESTS_KILL_CALL_H_
#define MIG_TESTS_KILL_CALL_H_

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace mig::tests {

// Calls are counted by kind: gRPC's threads make another number of calls in each run, but what
// changes the host's files is done by one thread, in one order. So `change` 37 is the same call
// in every run of one scenario.
enum class CallKind {
  kChange,   // changes a file of the host, or makes a change durable
  kLook,     // reads a file of the host, or asks about one
  kProcess,  // starts, signals, waits for or is another process; all calls of a forked child
  kOther,    // memory, clocks, threads, sockets, files of the system
};
absl::string_view KindName(CallKind kind);  // "change"
std::optional<CallKind> KindFromName(absl::string_view name);

struct Call {
  uint64_t serial = 0;  // in its run, from 1: the same at its entry and its exit
  int64_t number = 0;
  std::array<uint64_t, 6> arguments = {};
  CallKind kind = CallKind::kOther;
  absl::string_view name = "call";  // "renameat"; "call" for those that are nothing to us
  std::string path;                 // absolute; empty: it is about no file that we know
};

// Of `thread`, which is stopped at the entry of this call. `files`: the directory below which the
// host's files are.
Call ReadCall(pid_t thread, int64_t number, const std::array<uint64_t, 6>& arguments,
              const std::string& files);

}  // namespace mig::tests

#endif  // MIG_TESTS_KILL_CALL_H_
