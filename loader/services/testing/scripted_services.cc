#include "loader/services/testing/scripted_services.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace mig::loader::testing {

using base::MonotonicTime;

class ScriptedServices::Process : public WatchedProcess {
 public:
  Process(base::Clock& clock, const Running& agent) : clock_(clock), agent_(agent) {}

  bool EndedBefore(MonotonicTime deadline) override {
    const MonotonicTime end = agent_.started + agent_.script.ends_after;
    if (clock_.MonotonicNow() < std::min(end, deadline)) clock_.SleepUntil(std::min(end, deadline));
    return clock_.MonotonicNow() >= end;
  }
  std::optional<uint32_t> ExitStatus() override { return agent_.script.exit_status; }
  Said HasSaid() override {
    if (!agent_.listened) return {};
    const bool ready = clock_.MonotonicNow() - agent_.started >= agent_.script.ready_after;
    return {.ready = ready ? Said::Ready::kReady : Said::Ready::kNotYet, .status = ""};
  }

 private:
  base::Clock& clock_;
  const Running agent_;
};

class ScriptedServices::ScriptedProbe : public Probe {
 public:
  ScriptedProbe(base::Clock& clock, const Running& agent) : clock_(clock), agent_(agent) {}

  ProbeAnswer Ask(const AgentSpec&, MonotonicTime deadline) override {
    const absl::Duration age = clock_.MonotonicNow() - agent_.started;
    if (age >= agent_.script.ends_after) {
      return {ProbeAnswer::Verdict::kNotWell, "PROBE_REFUSED: nobody listens"};
    }
    if (age >= agent_.script.hangs_after) {
      clock_.SleepUntil(deadline);
      return {ProbeAnswer::Verdict::kNoAnswerInTime, "PROBE_TIMEOUT: no answer in time"};
    }
    if (age < agent_.script.ready_after) {
      return {ProbeAnswer::Verdict::kNotWell, "PROBE_REFUSED: not ready yet"};
    }
    if (age >= agent_.script.unwell_after) {
      return {ProbeAnswer::Verdict::kNotWell, "PROBE_STATUS_503: was answered with 503"};
    }
    return {};
  }

  ProbeAnswer AskVersion(const AgentSpec& spec, MonotonicTime) override {
    const std::string& version = agent_.script.version;
    if (spec.version_command.empty() || version.empty() || version == spec.expected_version) {
      return {};
    }
    return {ProbeAnswer::Verdict::kNotWell, absl::StrCat("PROBE_VERSION: it says ", version)};
  }

 private:
  base::Clock& clock_;
  const Running agent_;
};

ScriptedServices::ScriptedServices(base::Clock& clock, Script script)
    : clock_(clock), script_(std::move(script)) {}

absl::Status ScriptedServices::Activate(const AgentSpec& spec) {
  if (spec.activation == Activation::kNone) return absl::OkStatus();
  MIG_RETURN_IF_ERROR(Stop(spec));
  AgentScript script = script_(spec);
  MIG_RETURN_IF_ERROR(script.start);
  ++starts_[spec.product];
  Launch(spec, std::move(script));
  launched_.insert(spec.product);
  return absl::OkStatus();
}

absl::Status ScriptedServices::Start(const AgentSpec& spec) {
  if (Find(spec.product) != nullptr) return absl::OkStatus();
  return Activate(spec);
}

absl::Status ScriptedServices::Stop(const AgentSpec& spec) {
  launched_.erase(spec.product);
  Running* agent = Find(spec.product);
  if (agent == nullptr) return absl::OkStatus();
  if (agent->script.ignores_sigterm) {
    const MonotonicTime killed = clock_.MonotonicNow() + spec.stop_timeout;
    clock_.SleepUntil(std::min(killed, agent->started + agent->script.ends_after));
  }
  running_.erase(spec.product);
  return absl::OkStatus();
}

absl::StatusOr<AgentState> ScriptedServices::State(const AgentSpec& spec) {
  if (spec.activation == Activation::kNone) return AgentState{.run = AgentState::Run::kNoAgent};
  const Running* agent = Find(spec.product);
  if (agent == nullptr) {
    return AgentState{.run = AgentState::Run::kStopped, .died = launched_.contains(spec.product)};
  }
  return AgentState{.run = AgentState::Run::kRunning, .pid = agent->pid};
}

Health ScriptedServices::Watch(const AgentSpec& spec, absl::Duration probation) {
  if (spec.activation == Activation::kNone) return Health{};
  const auto it = running_.find(spec.product);
  if (it == running_.end()) {
    return Health{.code = v1::Refusal::EXIT,
                  .exit_status = 0,
                  .text = absl::StrCat("agent of ", spec.product, " does not run"),
                  .output = {}};
  }
  Process process(clock_, it->second);
  ScriptedProbe probe(clock_, it->second);
  const std::string output = it->second.script.output;
  Health health = WatchHealth(clock_, probe, spec, process, probation);
  if (!health.ok()) {
    health.output = output.substr(output.size() - std::min(output.size(), spec.max_output_bytes));
  }
  return health;
}

void ScriptedServices::RunForeign(const AgentSpec& spec, AgentScript script) {
  Launch(spec, std::move(script));
}

int ScriptedServices::Starts(const std::string& product) const {
  const auto it = starts_.find(product);
  return it == starts_.end() ? 0 : it->second;
}

int64_t ScriptedServices::Pid(const std::string& product) {
  const Running* agent = Find(product);
  return agent == nullptr ? 0 : agent->pid;
}

bool ScriptedServices::Alive(const Running& agent) const {
  return clock_.MonotonicNow() - agent.started < agent.script.ends_after;
}

ScriptedServices::Running* ScriptedServices::Find(const std::string& product) {
  const auto it = running_.find(product);
  return it != running_.end() && Alive(it->second) ? &it->second : nullptr;
}

void ScriptedServices::Launch(const AgentSpec& spec, AgentScript script) {
  running_.insert_or_assign(spec.product, Running{.pid = next_pid_++,
                                                  .started = clock_.MonotonicNow(),
                                                  .listened = spec.notifies,
                                                  .script = std::move(script)});
}

}  // namespace mig::loader::testing
