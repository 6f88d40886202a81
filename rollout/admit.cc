#include "rollout/admit.h"

#include <algorithm>

#include "rollout/cohort.h"
#include "rollout/window.h"
#include "trust/plan.h"

namespace mig::rollout {
namespace {

// What canaries, waves and holdback say: times only, no filter of the plan, no window.
struct Opening {
  std::optional<absl::Time> at;  // by the not-before clock
  std::optional<size_t> wave;
  bool held_back = false;
  bool only_hold = false;  // a wave would take it, but waits for a re-signed plan
};

Opening OpeningByWave(const CheckedPlan& plan, const Facts& facts, uint64_t cohort) {
  Opening opening;
  for (size_t w = 0; w < plan.plan().waves().size(); ++w) {
    const trust::Wave& wave = plan.plan().waves()[w];
    const std::optional<int64_t> after_ms = AdmittedAfterMs(plan.ramp(w), cohort);
    if (!after_ms.has_value() || plan.wave_filter(w).Evaluate(facts) != Truth::kTrue) continue;
    if (wave.hold) {
      opening.only_hold = true;
      continue;
    }
    const absl::Time at = wave.not_before + absl::Milliseconds(*after_ms);
    if (!opening.at.has_value() || at < *opening.at) {
      opening.at = at;
      opening.wave = w;
    }
  }
  if (opening.at.has_value()) opening.only_hold = false;
  return opening;
}

Opening OpeningOf(const CheckedPlan& plan, const trust::HostId& host, const Facts& facts,
                  const Admission& so_far, const Clocks& clocks) {
  Opening opening = OpeningByWave(plan, facts, so_far.cohort);

  // A control waits for the baseline, by when every wave has ramped.
  const std::optional<absl::Time>& begin = plan.baseline_begin();
  const bool begun = begin.has_value() && clocks.not_before >= *begin;
  opening.held_back = !begun && IsHeldBack(so_far.cohort, plan.plan().holdback_ppm());
  if (opening.held_back) {
    if (!begin.has_value()) opening.at.reset();
    if (opening.at.has_value()) opening.at = std::max(*opening.at, *begin);
  }

  if (plan.IsCanary(host)) {
    const absl::Time at = plan.plan().canaries()->not_before;
    if (!opening.at.has_value() || at <= *opening.at) {
      opening = Opening{.at = at, .wave = std::nullopt, .held_back = false, .only_hold = false};
    }
  }
  return opening;
}

v1::Refusal::Code CodeBeforeOpening(const Opening& opening) {
  if (opening.held_back) return v1::Refusal::HELD_BACK;
  return opening.only_hold ? v1::Refusal::HOLD : v1::Refusal::TOO_EARLY;
}

// The first time >= `from`, by the not-before clock, at which neither a jumped clock nor the window
// stands in the way; nothing if the plan has ended by then.
std::optional<absl::Time> FirstUsable(const CheckedPlan& plan, const Facts& facts,
                                      const Clocks& clocks, absl::Time from) {
  absl::Time at = from;
  if (clocks.system < clocks.waves_closed_until) {
    at = std::max(at, clocks.not_before + (clocks.waves_closed_until - clocks.system));
  }
  const std::optional<trust::Window>& window = plan.plan().window();
  if (window.has_value()) at = NextOpen(*window, facts.utc_offset_min(), at);

  const bool in_baseline = plan.baseline_begin().has_value() && at >= *plan.baseline_begin();
  const absl::Time ends = in_baseline ? *plan.plan().baseline_until() : plan.plan().expires();
  return at < ends ? std::optional<absl::Time>(at) : std::nullopt;
}

void WatchPhase(const CheckedPlan& plan, Moment moment, NextChange& next) {
  if (plan.baseline_begin().has_value()) next.AtNotBefore(*plan.baseline_begin());
  if (moment == Moment::kCommit) return;
  next.AtNotAfter(plan.plan().expires());
  if (plan.plan().baseline_until().has_value()) next.AtNotAfter(*plan.plan().baseline_until());
}

}  // namespace

Admission Admit(const CheckedPlan& plan, const trust::HostId& host, const Facts& facts,
                const Clocks& clocks, Moment moment) {
  Admission answer;
  answer.phase = plan.PhaseAt(clocks, moment);
  answer.ends = plan.EndsAt(clocks);
  answer.filter = plan.filter().Evaluate(facts);
  answer.canary = plan.IsCanary(host);
  answer.cohort = CohortOf(plan.plan().cohort_seed(), host);
  answer.waves_closed = clocks.system < clocks.waves_closed_until;
  const std::optional<trust::Window>& window = plan.plan().window();
  if (window.has_value()) {
    answer.window_open = IsOpen(*window, facts.utc_offset_min(), clocks.not_before);
  }
  if (answer.filter != Truth::kTrue) {
    answer.code = v1::Refusal::NOT_MATCHED;
    return answer;
  }

  const Opening opening = OpeningOf(plan, host, facts, answer, clocks);
  answer.held_back = opening.held_back;
  answer.wave = opening.wave;
  NextChange next(clocks);
  WatchPhase(plan, moment, next);
  const bool open = opening.at.has_value() && *opening.at <= clocks.not_before;

  if (answer.phase == PlanPhase::kEnded) {
    answer.code = v1::Refusal::EXPIRED;
  } else if (!open) {
    answer.code = CodeBeforeOpening(opening);
    if (opening.at.has_value()) next.AtNotBefore(*opening.at);
  } else if (answer.waves_closed) {
    answer.code = v1::Refusal::WAVES_CLOSED;
    next.AtSystem(clocks.waves_closed_until);
  } else {
    answer.code = answer.window_open ? v1::Refusal::NONE : v1::Refusal::WINDOW;
    if (window.has_value()) {
      next.AtNotBefore(NextWindowChange(*window, facts.utc_offset_min(), clocks.not_before));
    }
  }
  if (answer.admitted()) {
    answer.opens = opening.at;
  } else if (opening.at.has_value() && answer.phase != PlanPhase::kEnded) {
    answer.opens = FirstUsable(plan, facts, clocks, std::max(*opening.at, clocks.not_before));
  }
  answer.valid_until = next.time();
  return answer;
}

}  // namespace mig::rollout
