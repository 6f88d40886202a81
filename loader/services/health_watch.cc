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

Health AskOnce(base::Clock& clock, Probe& probe, const AgentSpec& spec, WatchedProcess& process) {
  if (process.EndedBefore(clock.MonotonicNow())) return Ended(spec, process);
  if (std::holds_alternative<std::monostate>(spec.probe)) return Health{};

  const ProbeAnswer answer = probe.Ask(spec, clock.MonotonicNow() + spec.probe_timeout);
  return answer.verdict == ProbeAnswer::Verdict::kWell ? Health{} : NotWell(spec, answer);
}

}  // namespace

Health WatchHealth(base::Clock& clock, Probe& probe, const AgentSpec& spec, WatchedProcess& process,
                   absl::Duration probation) {
  if (probation <= absl::ZeroDuration()) return AskOnce(clock, probe, spec, process);

  const MonotonicTime start = clock.MonotonicNow();
  const MonotonicTime end = start + probation;
  if (std::holds_alternative<std::monostate>(spec.probe)) {
    return process.EndedBefore(end) ? Ended(spec, process) : Health{};
  }

  const MonotonicTime ready_by = start + std::min(spec.ready_timeout, probation);
  const absl::Duration interval =
      std::clamp(probation / kMostProbesInProbation, kLeastProbeInterval, kLargestProbeInterval);
  bool was_ready = false;
  int failures = 0;
  for (;;) {
    const MonotonicTime asked = clock.MonotonicNow();
    const ProbeAnswer answer = probe.Ask(spec, asked + spec.probe_timeout);
    // That the process is gone is the better reason, and the probe's failure its effect.
    if (process.EndedBefore(clock.MonotonicNow())) return Ended(spec, process);

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
