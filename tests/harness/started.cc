#include "tests/harness/started.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mig::tests {

namespace {

std::vector<char*> Pointers(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

absl::StatusOr<Started> StartProgram(const std::vector<std::string>& words,
                                     const StartOptions& options) {
  const std::vector<char*> arguments = Pointers(words);
  const std::vector<char*> environment = Pointers(options.environment);
  const Descriptor nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  const int out = options.out < 0 ? nothing.get() : options.out;
  const int err = options.err < 0 ? nothing.get() : options.err;

  const pid_t pid = fork();
  if (pid < 0) return absl::UnavailableError(absl::StrCat("fork: ", std::strerror(errno)));
  if (pid == 0) {
    setpgid(0, 0);
    // A test runner may have blocked signals that the program waits for.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    dup2(nothing.get(), STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    if (options.traced) {
      if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(kMayNotBeTraced);
      raise(SIGSTOP);
    }
    if (chdir(options.directory.c_str()) == 0) {
      execve(arguments[0], arguments.data(), environment.data());
    }
    _exit(127);
  }
  Started started;
  started.pid = pid;
  started.process = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  return started;
}

bool EndsWithin(const Started& started, absl::Duration patience) {
  pollfd ended{.fd = started.process.get(), .events = POLLIN, .revents = 0};
  return poll(&ended, 1, static_cast<int>(absl::ToInt64Milliseconds(patience))) == 1;
}

int Collect(const Started& started) {
  int status = 0;
  if (waitpid(started.pid, &status, 0) != started.pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace mig::tests
