// One process of this machine, by a handle that cannot come to mean another: wait, signal, reap.

#ifndef MIG_LOADER_SERVICES_PROCESS_HANDLE_H_
#define MIG_LOADER_SERVICES_PROCESS_HANDLE_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "loader/services/background_task.h"
#include "loader/services/health_watch.h"
#include "loader/services/process_identity.h"
#include "loader/services/unique_fd.h"

namespace mig::loader {

// One thread at a time; the clock is borrowed.
class ProcessHandle : public WatchedProcess {
 public:
  // nullopt: that process has ended.
  static std::optional<ProcessHandle> Open(base::Clock& clock, const ProcessIdentity& identity);
  // A child of ours that is not reaped yet, whether it has ended or not.
  static std::optional<ProcessHandle> OfChild(base::Clock& clock, pid_t pid);
  ProcessHandle(ProcessHandle&&) = default;
  ProcessHandle& operator=(ProcessHandle&&) = default;

  const ProcessIdentity& identity() const { return identity_; }

  bool EndedBefore(base::MonotonicTime deadline) override;
  // Reaps it if it is our child.
  std::optional<uint32_t> ExitStatus() override;

  // Ok if it has ended already. PermissionDenied names the process.
  absl::Status Signal(int number);

  // SIGTERM, after `patience` SIGKILL, and then at most kKillTimeout more. Reaps a child. What it
  // forked is agent_family.h's.
  absl::Status End(absl::Duration patience);

 private:
  ProcessHandle(base::Clock& clock, const ProcessIdentity& identity, UniqueFd fd)
      : clock_(&clock), identity_(identity), fd_(std::move(fd)) {}

  base::Clock* clock_;
  ProcessIdentity identity_;
  UniqueFd fd_;
  std::optional<uint32_t> exit_status_;
  std::unique_ptr<BackgroundTask> watcher_;  // uses fd_: destroyed before it
};

// From SIGKILL to the end: only a process inside a broken device or file system needs more.
inline constexpr absl::Duration kKillTimeout = absl::Seconds(5);

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_PROCESS_HANDLE_H_
