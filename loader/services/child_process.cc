#include "loader/services/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "loader/services/unique_fd.h"

namespace mig::loader {

namespace {

constexpr int kFirstFreeFd = 3;

const char* const kEnvironment[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "LANG=C.UTF-8",
    nullptr};

// From here to execve only async-signal-safe calls: other threads of the parent may have held any
// lock when it forked.
[[noreturn]] void BecomeProgram(char* const* argv, int null, int output, int report) {
  setsid();
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  umask(022);
  setpriority(PRIO_PROCESS, 0, 0);

  const bool ready =
      chdir("/") == 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
      dup2(output, STDERR_FILENO) >= 0 && dup2(report, kFirstFreeFd) >= 0 &&
      fcntl(kFirstFreeFd, F_SETFD, FD_CLOEXEC) == 0 && close_range(kFirstFreeFd + 1, ~0U, 0) == 0;
  if (ready) execve(argv[0], argv, const_cast<char* const*>(kEnvironment));
  const int error = errno;
  const int to = ready ? kFirstFreeFd : report;
  [[maybe_unused]] const ssize_t written = write(to, &error, sizeof(error));
  _exit(127);
}

// The same open file under a number that dup2 onto 0 to 3 does not touch.
UniqueFd OutOfTheWay(int fd) { return UniqueFd(fcntl(fd, F_DUPFD_CLOEXEC, kFirstFreeFd + 1)); }

absl::Status NoRoom(const std::string& program, int error) {
  return absl::ResourceExhaustedError(
      absl::StrCat("cannot start '", base::Escaped(program), "': ", strerror(error)));
}

}  // namespace

absl::StatusOr<pid_t> StartChild(const std::vector<std::string>& argv, int output) {
  if (argv.empty() || argv[0].empty() || argv[0][0] != '/') {
    return absl::FailedPreconditionError(
        "no program to start: the first word of a command must be an absolute path");
  }
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);

  const UniqueFd dev_null(open("/dev/null", O_RDWR | O_CLOEXEC));
  int pipe_ends[2];
  if (!dev_null.ok() || pipe2(pipe_ends, O_CLOEXEC) != 0) return NoRoom(argv[0], errno);
  const UniqueFd report_read(pipe_ends[0]);
  UniqueFd report_write(pipe_ends[1]);
  const UniqueFd null = OutOfTheWay(dev_null.get());
  const UniqueFd out = OutOfTheWay(output >= 0 ? output : dev_null.get());
  UniqueFd report = OutOfTheWay(report_write.get());
  if (!null.ok() || !out.ok() || !report.ok()) return NoRoom(argv[0], errno);

  const pid_t pid = fork();
  if (pid < 0) return NoRoom(argv[0], errno);
  if (pid == 0) BecomeProgram(arguments.data(), null.get(), out.get(), report.get());

  // Ends with the child's execve, which closes its copy, or with its report that it failed.
  report.Close();
  report_write.Close();
  int error = 0;
  ssize_t count;
  do {
    count = read(report_read.get(), &error, sizeof(error));
  } while (count < 0 && errno == EINTR);
  if (count != sizeof(error)) return pid;

  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {  // it is at its _exit already
  }
  return absl::FailedPreconditionError(
      absl::StrCat("cannot execute '", base::Escaped(argv[0]), "': ", strerror(error),
                   "; is the program, or its interpreter, there for this machine?"));
}

}  // namespace mig::loader
