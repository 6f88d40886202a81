#include "loader/services/self_installing_services.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "loader/services/process_handle.h"
#include "loader/services/process_identity.h"
#include "loader/services/run_command.h"
#include "loader/services/step_aside.h"

namespace mig::loader {

namespace {

constexpr absl::Duration kLookInterval = absl::Milliseconds(100);
constexpr size_t kInstallOutputBytes = 160;  // the end of it, for the message

std::optional<ProcessHandle> Find(base::Clock& clock, const AgentSpec& spec) {
  if (spec.command.empty()) return std::nullopt;
  const std::string program = CanonicalProgram(spec.command[0]);
  if (!spec.pid_file.empty()) {
    const std::optional<ProcessIdentity> named = FindByPidFile(spec.pid_file, program);
    if (!named.has_value()) return std::nullopt;
    return ProcessHandle::Open(clock, *named);
  }
  for (const ProcessIdentity& identity : FindByProgram(program)) {
    std::optional<ProcessHandle> process = ProcessHandle::Open(clock, identity);
    if (process.has_value()) return process;
  }
  return std::nullopt;
}

absl::Status RunInstall(base::Clock& clock, const AgentSpec& spec) {
  MIG_ASSIGN_OR_RETURN(const CommandResult result,
                       RunCommand(clock, spec.install, clock.MonotonicNow() + spec.install_timeout,
                                  kInstallOutputBytes));
  const std::string what =
      absl::StrCat("install command '", base::Escaped(spec.install[0]), "' of ", spec.product);
  if (result.timed_out) {
    return absl::DeadlineExceededError(
        absl::StrCat(what, " did not end within ", absl::FormatDuration(spec.install_timeout)));
  }
  if (result.exit_status != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(what, " ended with status ", result.exit_status, ": ",
                     base::Escaped(result.output, kInstallOutputBytes)));
  }
  return absl::OkStatus();
}

// Until `old` is gone and another process is up: that one.
absl::StatusOr<ProcessIdentity> AwaitReplacement(base::Clock& clock, const AgentSpec& spec,
                                                 std::optional<ProcessHandle> old) {
  const base::MonotonicTime deadline = clock.MonotonicNow() + spec.install_timeout;
  const std::string name = spec.unit.empty() ? spec.command[0] : spec.unit;
  if (old.has_value() && !old->EndedBefore(deadline)) {
    return absl::DeadlineExceededError(
        absl::StrCat("the install command of ", spec.product, " succeeded, but the old process ",
                     old->identity().pid, " of '", base::Escaped(name), "' still runs after ",
                     absl::FormatDuration(spec.install_timeout)));
  }
  for (;;) {
    const std::optional<ProcessHandle> up = Find(clock, spec);
    if (up.has_value()) return up->identity();
    if (clock.MonotonicNow() >= deadline) {
      return absl::DeadlineExceededError(absl::StrCat(
          "the install command of ", spec.product, " succeeded, but no process of '",
          base::Escaped(name), "' came up within ", absl::FormatDuration(spec.install_timeout)));
    }
    clock.SleepUntil(std::min(deadline, clock.MonotonicNow() + kLookInterval));
  }
}

}  // namespace

absl::Status SelfInstallingServices::Activate(const AgentSpec& spec) {
  std::optional<ProcessHandle> old = Find(clock_, spec);
  up_.erase(spec.product);
  if (old.has_value()) StepAside(old->identity().pid);
  MIG_RETURN_IF_ERROR(RunInstall(clock_, spec));
  MIG_ASSIGN_OR_RETURN(const ProcessIdentity up, AwaitReplacement(clock_, spec, std::move(old)));
  up_.insert_or_assign(spec.product, up);
  stopped_.erase(spec.product);
  return absl::OkStatus();
}

void SelfInstallingServices::StepAside(pid_t agent) {
  const std::string told = StepAsideOf(groups_, agent, std::nullopt);
  if (!told.empty()) remarks_.push_back(told);
}

absl::Status SelfInstallingServices::Start(const AgentSpec& spec) {
  if (Find(clock_, spec).has_value()) return absl::OkStatus();
  return Activate(spec);
}

absl::Status SelfInstallingServices::Stop(const AgentSpec& spec) {
  std::optional<ProcessHandle> process = Find(clock_, spec);
  if (!process.has_value()) return absl::OkStatus();
  StepAside(process->identity().pid);
  up_.erase(spec.product);
  stopped_.insert(spec.product);
  return process->End(spec.stop_timeout);
}

absl::StatusOr<AgentState> SelfInstallingServices::State(const AgentSpec& spec) {
  const std::optional<ProcessHandle> process = Find(clock_, spec);
  if (!process.has_value()) {
    // Its own service should have it running, unless it was stopped here.
    return AgentState{.run = AgentState::Run::kStopped, .died = !stopped_.contains(spec.product)};
  }
  return AgentState{.run = AgentState::Run::kRunning, .pid = process->identity().pid};
}

Health SelfInstallingServices::Watch(const AgentSpec& spec, absl::Duration probation) {
  std::optional<ProcessHandle> process = Find(clock_, spec);
  if (!process.has_value()) {
    return Health{.code = v1::Refusal::EXIT,
                  .exit_status = 0,
                  .text = absl::StrCat("agent of ", spec.product, " does not run"),
                  .output = {}};
  }
  // Its service started it again before anybody looked: that is an end too.
  const auto up = up_.find(spec.product);
  if (probation > absl::ZeroDuration() && up != up_.end() && up->second != process->identity()) {
    return Health{
        .code = v1::Refusal::EXIT,
        .exit_status = 0,
        .text = absl::StrCat("agent of ", spec.product, " ended as process ", up->second.pid,
                             " and was started again as ", process->identity().pid),
        .output = {}};
  }
  return WatchHealth(clock_, probe_, spec, *process, probation);
}

}  // namespace mig::loader
