// What a test needs to make releases of the test agent, run them, and ask them who they are.

#ifndef MIG_TESTS_AGENT_AGENT_PROCESS_H_
#define MIG_TESTS_AGENT_AGENT_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/agent/descriptor.h"

namespace mig::tests {

// A directory with a short path (a unix socket's has at most 107 bytes), removed at the end.
class ShortTempDirectory {
 public:
  ShortTempDirectory();
  ~ShortTempDirectory();
  ShortTempDirectory(const ShortTempDirectory&) = delete;
  ShortTempDirectory& operator=(const ShortTempDirectory&) = delete;

  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// A program that was started, with its standard output in hand. Killed at the end if need be.
class Process {
 public:
  // `words`: the program's path and its arguments. Standard error is the test's own.
  explicit Process(const std::vector<std::string>& words);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The next line of its standard output, without the line break; what there is at its end.
  std::string ReadLine();
  void Kill(int signal);
  // Waits until it has ended: its exit status, or 128 + the signal that killed it.
  int Wait();
  pid_t pid() const { return pid_; }

 private:
  Descriptor output_;
  pid_t pid_;
  bool waited_ = false;
};

// Runs it to its end; the exit status.
int RunToEnd(const std::vector<std::string>& words);

// A port of 127.0.0.1 that nobody listens at just now.
uint32_t FreePort();

// The whole answer to `GET path` at 127.0.0.1:port; empty if nobody answers within `patience_ms`.
std::string HttpGet(uint32_t port, const std::string& path, int patience_ms = 10'000);

// All that the unix socket at `path` says; empty if nobody listens there.
std::string ReadSocket(const std::string& path);

}  // namespace mig::tests

#endif  // MIG_TESTS_AGENT_AGENT_PROCESS_H_
