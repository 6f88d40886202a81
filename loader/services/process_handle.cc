#include "loader/services/process_handle.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "loader/services/pidfd.h"

namespace mig::loader {

namespace {

bool IsReadable(int fd) {
  pollfd item = {.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&item, 1, 0) > 0;
}

}  // namespace

std::optional<ProcessHandle> ProcessHandle::Open(base::Clock& clock,
                                                 const ProcessIdentity& identity) {
  std::optional<UniqueFd> fd = OpenProcess(identity);
  if (!fd.has_value()) return std::nullopt;
  return ProcessHandle(clock, identity, *std::move(fd));
}

std::optional<ProcessHandle> ProcessHandle::OfChild(base::Clock& clock, pid_t pid) {
  // Not reaped, so the number is its own.
  UniqueFd fd = PidfdOpen(pid);
  const std::optional<ProcessStat> stat = StatProcess(pid);
  if (!fd.ok() || !stat.has_value()) return std::nullopt;
  return ProcessHandle(clock, stat->identity, std::move(fd));
}

bool ProcessHandle::EndedBefore(base::MonotonicTime deadline) {
  if (IsReadable(fd_.get())) return true;
  if (clock_->MonotonicNow() >= deadline) return false;
  if (watcher_ == nullptr) {
    watcher_ = std::make_unique<BackgroundTask>(*clock_, [process = fd_.get()](int cancel) {
      pollfd items[] = {{.fd = process, .events = POLLIN, .revents = 0},
                        {.fd = cancel, .events = POLLIN, .revents = 0}};
      while (poll(items, 2, -1) < 0 && errno == EINTR) {
      }
    });
  }
  return watcher_->DoneBefore(deadline);
}

std::optional<uint32_t> ProcessHandle::ExitStatus() {
  if (exit_status_.has_value()) return exit_status_;
  siginfo_t info = {};
  if (waitid(P_PIDFD, static_cast<id_t>(fd_.get()), &info, WEXITED | WNOHANG) != 0 ||
      info.si_pid == 0) {
    return std::nullopt;  // not our child
  }
  const uint32_t status = static_cast<uint32_t>(info.si_status);
  exit_status_ = info.si_code == CLD_EXITED ? status : 128 + status;
  return exit_status_;
}

absl::Status ProcessHandle::Signal(int number) {
  if (PidfdSendSignal(fd_, number) == 0 || errno == ESRCH) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      absl::StrCat("cannot send signal ", number, " to process ", identity_.pid, ": ",
                   strerror(errno), "; the loader must run as root, or as the agent's user"));
}

absl::Status ProcessHandle::End(absl::Duration patience) {
  MIG_RETURN_IF_ERROR(Signal(SIGTERM));
  if (!EndedBefore(clock_->MonotonicNow() + patience)) {
    MIG_RETURN_IF_ERROR(Signal(SIGKILL));
    if (!EndedBefore(clock_->MonotonicNow() + kKillTimeout)) {
      return absl::DeadlineExceededError(
          absl::StrCat("process ", identity_.pid, " has not ended ",
                       absl::FormatDuration(kKillTimeout), " after SIGKILL: look at /proc/",
                       identity_.pid, "/stack, a device or file system may hang"));
    }
  }
  ExitStatus();
  return absl::OkStatus();
}

}  // namespace mig::loader
