#include "loader/services/health_watch.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"

namespace mig::loader {

namespace {

using base::MonotonicTime;

Health Ended(const AgentSpec& spec, WatchedProcess& process) {
  const std::optional<uint32_t> status = process.ExitStatus();
  const std::string how = status.has_value() ? absl::StrCat("ended with status ", *status)
                                             : "ended; its exit status is known to its parent only";
  return Health{.code = v1::Refusal::EXIT,
                .exit_status = status.value_or(0),
                .text = absl::StrCat("agent of ", spec.product, " ", how),
                .output = {}};
}

Health NotWell(const AgentSpec& spec, const ProbeAnswer& answer) {
  const bool timed_out = answer.verdict == ProbeAnswer::Verdict::kNoAnswerInTime;
  return Health{.code = timed_out ? v1::Refusal::PROBE_TIMEOUT : v1::Refusal::PROBE,
                .exit_status = 0,
                .text = absl::StrCat("agent of ", spec.product, ": ", answer.text),
                .output = {}};
}

bool HasProbe(const AgentSpec& spec) { return !std::holds_alternative<std::monostate>(spec.probe); }

bool HasVersion(const AgentSpec& spec) {
  return !spec.version_command.empty() && !spec.expected_version.empty();
}

ProbeAnswer NotYetReady(const AgentSpec& spec, const WatchedProcess::Said& said) {
  std::string text = absl::StrCat("PROBE_TIMEOUT: it has not said READY=1 within ",
                                  absl::FormatDuration(spec.ready_timeout));
  if (!said.status.empty()) absl::StrAppend(&text, ", but: ", said.status);
  return {ProbeAnswer::Verdict::kNoAnswerInTime, text};
}

// One question, of whatever there is to ask; that it is the right version too, if it is well.
class Questions {
 public:
  Questions(base::Clock& clock, Probe& probe, const AgentSpec& spec, WatchedProcess& process)
      : clock_(clock), probe_(probe), spec_(spec), process_(process) {}

  ProbeAnswer Ask() {
    const WatchedProcess::Said said = process_.HasSaid();
    if (said.ready == WatchedProcess::Said::Ready::kNotYet) return NotYetReady(spec_, said);
    if (HasProbe(spec_)) {
      ProbeAnswer answer = probe_.Ask(spec_, clock_.MonotonicNow() + spec_.probe_timeout);
      if (answer.verdict != ProbeAnswer::Verdict::kWell) return answer;
    }
    return {};
  }
  ProbeAnswer AskVersion() {
    if (!HasVersion(spec_)) return {};
    return probe_.AskVersion(spec_, clock_.MonotonicNow() + spec_.probe_timeout);
  }

 private:
  base::Clock& clock_;
  Probe& probe_;
  const AgentSpec& spec_;
  WatchedProcess& process_;
};

Health AskOnce(base::Clock& clock, Questions& questions, const AgentSpec& spec,
               WatchedProcess& process) {
  if (process.EndedBefore(clock.MonotonicNow())) return Ended(spec, process);
  ProbeAnswer answer = questions.Ask();
  if (answer.verdict == ProbeAnswer::Verdict::kWell) answer = questions.AskVersion();
  return answer.verdict == ProbeAnswer::Verdict::kWell ? Health{} : NotWell(spec, answer);
}

}  // namespace

Health WatchHealth(base::Clock& clock, Probe& probe, const AgentSpec& spec, WatchedProcess& process,
                   absl::Duration probation) {
  Questions questions(clock, probe, spec, process);
  if (probation <= absl::ZeroDuration()) return AskOnce(clock, questions, spec, process);

  const MonotonicTime start = clock.MonotonicNow();
  const MonotonicTime end = start + probation;
  const bool is_asked = HasProbe(spec) || HasVersion(spec) ||
                        process.HasSaid().ready != WatchedProcess::Said::Ready::kNotAsked;
  if (!is_asked) {
    return process.EndedBefore(end) ? Ended(spec, process) : Health{};
  }

  const MonotonicTime ready_by = start + std::min(spec.ready_timeout, probation);
  const absl::Duration interval =
      std::clamp(probation / kMostProbesInProbation, kLeastProbeInterval, kLargestProbeInterval);
  bool was_ready = false;
  int failures = 0;
  for (;;) {
    const MonotonicTime asked = clock.MonotonicNow();
    const ProbeAnswer answer = questions.Ask();
    const bool is_ready_now = !was_ready && answer.verdict == ProbeAnswer::Verdict::kWell;
    const ProbeAnswer version = is_ready_now ? questions.AskVersion() : ProbeAnswer{};
    // That the process is gone is the better reason, and the probe's failure its effect.
    if (process.EndedBefore(clock.MonotonicNow())) return Ended(spec, process);

    if (version.verdict != ProbeAnswer::Verdict::kWell) return NotWell(spec, version);
    if (answer.verdict == ProbeAnswer::Verdict::kWell) {
      if (asked >= end) return Health{};
      was_ready = true;
      failures = 0;
    } else if (was_ready ? ++failures >= kProbeFailuresThatCount : asked >= ready_by) {
      return NotWell(spec, answer);
    }

    MonotonicTime next = asked + interval;
    if (!was_ready) next = std::min(next, std::max(asked, ready_by));
    if (asked < end) next = std::min(next, end);
    if (process.EndedBefore(next)) return Ended(spec, process);
  }
}

}  // namespace mig::loader
