#include "loader/services/agent_family.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "loader/services/process_identity.h"

namespace mig::loader {

namespace {

constexpr absl::Duration kLookInterval = absl::Milliseconds(20);

}  // namespace

AgentFamily::AgentFamily(base::Clock& clock, std::optional<ControlGroup> group,
                         const ProcessHandle* one)
    : clock_(clock), group_(std::move(group)) {
  if (group_.has_value() || one == nullptr) return;
  // It runs, or is not reaped: its session's number is that session's.
  const std::optional<ProcessStat> stat = StatProcess(one->identity().pid);
  if (!stat.has_value() || stat->identity != one->identity()) return;
  for (const ProcessIdentity& identity : FindBySession(stat->session)) {
    if (identity == one->identity() || identity.pid == getpid()) continue;
    std::optional<ProcessHandle> process = ProcessHandle::Open(clock_, identity);
    if (process.has_value()) session_.push_back(*std::move(process));
  }
}

absl::Status AgentFamily::End(ProcessHandle* main, absl::Duration patience) {
  const base::MonotonicTime deadline = clock_.MonotonicNow() + patience;
  if (main != nullptr) MIG_RETURN_IF_ERROR(main->End(patience));
  if (!AllEnded()) MIG_RETURN_IF_ERROR(EndOthers(deadline));
  if (group_.has_value()) group_->Remove();
  return absl::OkStatus();
}

absl::Status AgentFamily::EndOthers(base::MonotonicTime deadline) {
  SignalAll(SIGTERM);
  const base::MonotonicTime given_up = std::max(deadline, clock_.MonotonicNow()) + kKillTimeout;
  while (!AllEnded()) {
    const base::MonotonicTime now = clock_.MonotonicNow();
    if (now >= given_up) {
      return absl::DeadlineExceededError(absl::StrCat(
          "processes that the agent started have not ended ", absl::FormatDuration(kKillTimeout),
          " after SIGKILL: ", group_.has_value() ? group_->path() : "of its session",
          "; a device or file system may hang"));
    }
    if (now >= deadline) SignalAll(SIGKILL);
    clock_.SleepUntil(now + kLookInterval);
  }
  return absl::OkStatus();
}

bool AgentFamily::AllEnded() {
  if (group_.has_value()) {
    if (!group_->Has(getpid())) return group_->IsEmpty();
    const std::vector<pid_t> members = group_->Members();
    return std::all_of(members.begin(), members.end(), [](pid_t pid) { return pid == getpid(); });
  }
  return std::all_of(session_.begin(), session_.end(), [this](ProcessHandle& process) {
    return process.EndedBefore(clock_.MonotonicNow());
  });
}

void AgentFamily::SignalAll(int number) {
  if (!group_.has_value()) {
    for (ProcessHandle& process : session_) process.Signal(number).IgnoreError();
    return;
  }
  // A loader that could not leave the agent's group must not end itself.
  if (number == SIGKILL && !group_->Has(getpid())) {
    group_->Kill().IgnoreError();
    return;
  }
  for (const pid_t pid : group_->Members()) {
    if (pid == getpid()) continue;
    const std::optional<ProcessStat> stat = StatProcess(pid);
    if (!stat.has_value()) continue;
    std::optional<ProcessHandle> process = ProcessHandle::Open(clock_, stat->identity);
    if (process.has_value() && group_->Has(pid)) process->Signal(number).IgnoreError();
  }
}

}  // namespace mig::loader
