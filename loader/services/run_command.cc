#include "loader/services/run_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "loader/services/background_task.h"
#include "loader/services/child_process.h"
#include "loader/services/pidfd.h"
#include "loader/services/unique_fd.h"

namespace mig::loader {

namespace {

// A child that keeps writing after its parent's end must not hold us here for ever.
constexpr int kReadsAfterTheEnd = 64;

class Command {
 public:
  Command(pid_t pid, UniqueFd process, UniqueFd output, size_t max_output_bytes)
      : pid_(pid),
        process_(std::move(process)),
        output_(std::move(output)),
        max_output_bytes_(max_output_bytes) {}

  // Until it has ended, or `cancel` is readable: then it is killed. Reaped in either case.
  void Follow(int cancel) {
    for (;;) {
      pollfd items[] = {{.fd = process_.get(), .events = POLLIN, .revents = 0},
                        {.fd = cancel, .events = POLLIN, .revents = 0},
                        {.fd = output_.get(), .events = POLLIN, .revents = 0}};
      if (poll(items, 3, -1) < 0) continue;
      if (items[2].revents != 0 && !TakeOutput()) output_.Close();  // poll skips -1
      if (items[0].revents != 0) break;
      if (items[1].revents != 0) {
        result_.timed_out = true;
        kill(-pid_, SIGKILL);  // not reaped yet: the group's number is its own
        break;
      }
    }
    Reap();
    for (int i = 0; i < kReadsAfterTheEnd && output_.ok() && TakeOutput(); ++i) {
    }
  }

  CommandResult TakeResult() { return std::move(result_); }

 private:
  // Whether there was some.
  bool TakeOutput() {
    char buffer[4096];
    const ssize_t count = read(output_.get(), buffer, sizeof(buffer));
    if (count <= 0) return count < 0 && errno == EINTR;
    result_.output.append(buffer, static_cast<size_t>(count));
    if (result_.output.size() > max_output_bytes_) {
      result_.output.erase(0, result_.output.size() - max_output_bytes_);
    }
    return true;
  }

  void Reap() {
    siginfo_t info = {};
    while (waitid(P_PIDFD, static_cast<id_t>(process_.get()), &info, WEXITED) < 0 &&
           errno == EINTR) {
    }
    const uint32_t status = static_cast<uint32_t>(info.si_status);
    result_.exit_status = info.si_code == CLD_EXITED ? status : 128 + status;
  }

  const pid_t pid_;
  const UniqueFd process_;
  UniqueFd output_;
  const size_t max_output_bytes_;
  CommandResult result_;
};

}  // namespace

absl::StatusOr<CommandResult> RunCommand(base::Clock& clock, const std::vector<std::string>& argv,
                                         base::MonotonicTime deadline, size_t max_output_bytes) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return absl::ResourceExhaustedError("no pipe for a command's output: too many open files");
  }
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  // Ours only: the child's end stays a blocking one, as programs expect.
  fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
  MIG_ASSIGN_OR_RETURN(const pid_t pid, StartChild(argv, {.output = write_end.get()}));
  write_end.Close();
  UniqueFd process = PidfdOpen(pid);
  if (!process.ok()) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return absl::ResourceExhaustedError("no handle of a started command: too many open files");
  }

  Command command(pid, std::move(process), std::move(read_end), max_output_bytes);
  BackgroundTask task(clock, [&command](int cancel) { command.Follow(cancel); });
  task.DoneBefore(deadline);
  task.Cancel();
  return command.TakeResult();
}

}  // namespace mig::loader
