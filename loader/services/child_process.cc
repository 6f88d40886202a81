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

constexpr absl::string_view kEnvironment[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "LANG=C.UTF-8"};

// A list as execve takes it. Its strings are borrowed.
std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& string : strings) pointers.push_back(const_cast<char*>(string.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// What the child has to know, made before the fork.
struct Prepared {
  char* const* argv;
  char* const* environment;
  int null;
  int output;
  int report;
  int entrance;  // -1: none
};

// From here to execve only async-signal-safe calls: other threads of the parent may have held any
// lock when it forked.
[[noreturn]] void BecomeProgram(const Prepared& prepared) {
  setsid();
  // Who started it looks where it is afterwards.
  if (prepared.entrance >= 0 && write(prepared.entrance, "0", 1) < 0) errno = 0;
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  umask(022);
  setpriority(PRIO_PROCESS, 0, 0);

  const bool ready =
      chdir("/") == 0 && dup2(prepared.null, STDIN_FILENO) >= 0 &&
      dup2(prepared.output, STDOUT_FILENO) >= 0 && dup2(prepared.output, STDERR_FILENO) >= 0 &&
      dup2(prepared.report, kFirstFreeFd) >= 0 && fcntl(kFirstFreeFd, F_SETFD, FD_CLOEXEC) == 0 &&
      close_range(kFirstFreeFd + 1, ~0U, 0) == 0;
  if (ready) execve(prepared.argv[0], prepared.argv, prepared.environment);
  const int error = errno;
  const int to = ready ? kFirstFreeFd : prepared.report;
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

absl::StatusOr<pid_t> StartChild(const std::vector<std::string>& argv,
                                 const ChildSurroundings& surroundings) {
  if (argv.empty() || argv[0].empty() || argv[0][0] != '/') {
    return absl::FailedPreconditionError(
        "no program to start: the first word of a command must be an absolute path");
  }
  std::vector<std::string> environment(std::begin(kEnvironment), std::end(kEnvironment));
  if (!surroundings.notify_socket.empty()) {
    environment.push_back(absl::StrCat("NOTIFY_SOCKET=", surroundings.notify_socket));
  }
  const std::vector<char*> arguments = Pointers(argv);
  const std::vector<char*> variables = Pointers(environment);

  const UniqueFd dev_null(open("/dev/null", O_RDWR | O_CLOEXEC));
  int pipe_ends[2];
  if (!dev_null.ok() || pipe2(pipe_ends, O_CLOEXEC) != 0) return NoRoom(argv[0], errno);
  const UniqueFd report_read(pipe_ends[0]);
  UniqueFd report_write(pipe_ends[1]);
  const UniqueFd null = OutOfTheWay(dev_null.get());
  const UniqueFd out = OutOfTheWay(surroundings.output >= 0 ? surroundings.output : dev_null.get());
  UniqueFd report = OutOfTheWay(report_write.get());
  // Without it the child is where its parent is: it is not worth a failure.
  const UniqueFd entrance(
      surroundings.group_entrance >= 0 ? OutOfTheWay(surroundings.group_entrance) : UniqueFd());
  if (!null.ok() || !out.ok() || !report.ok()) return NoRoom(argv[0], errno);

  const pid_t pid = fork();
  if (pid < 0) return NoRoom(argv[0], errno);
  if (pid == 0) {
    BecomeProgram({.argv = arguments.data(),
                   .environment = variables.data(),
                   .null = null.get(),
                   .output = out.get(),
                   .report = report.get(),
                   .entrance = entrance.get()});
  }

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
