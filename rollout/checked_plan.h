// A plan that may be carried out: signed by enough keys (trust::Verified), and here also found to
// keep the root's plan rules, with its filters parsed.

#ifndef MIG_ROLLOUT_CHECKED_PLAN_H_
#define MIG_ROLLOUT_CHECKED_PLAN_H_

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "rollout/clocks.h"
#include "rollout/cohort.h"
#include "rollout/filter.h"
#include "trust/host_id.h"
#include "trust/plan.h"
#include "trust/root.h"
#include "trust/verified.h"

namespace mig::rollout {

// Where a plan is in its life.
enum class PlanPhase {
  kRunning,   // waves open one after the other; `expires` ends it
  kBaseline,  // every wave at its full ramp, nobody held back; `baseline_until` ends it
  kEnded,
};

// Immutable; moving is cheap; any thread may read. Made under one root: after another root was
// accepted, verify and make again.
class CheckedPlan {
 public:
  // Errors (trust::RefusalOf):
  //   PLAN_RULES  see CheckPlanRules
  //   FILTER      a filter that is not canonical, or reads release.PRODUCT of one of its own items
  //   BOUND       a filter over a bound
  static absl::StatusOr<CheckedPlan> Make(trust::Verified<trust::Plan> plan,
                                          const trust::Root& root);

  const trust::Verified<trust::Plan>& verified() const { return verified_; }
  const trust::Plan& plan() const { return *verified_; }
  const base::Digest& digest() const { return verified_.digest(); }

  const Filter& filter() const { return filter_; }
  // Of plan().waves()[wave].
  const Filter& wave_filter(size_t wave) const { return wave_filters_[wave]; }
  const Ramp& ramp(size_t wave) const { return ramps_[wave]; }
  bool IsCanary(const trust::HostId& host) const;

  // By the not-before clock; nothing: never a baseline.
  const std::optional<absl::Time>& baseline_begin() const { return baseline_begin_; }
  // `kCommit` never says kEnded.
  PlanPhase PhaseAt(const Clocks& clocks, Moment moment) const;
  // What ends it in its present phase, by the not-after clock: `expires` until the baseline begins,
  // from then on `baseline_until`.
  absl::Time EndsAt(const Clocks& clocks) const;

 private:
  explicit CheckedPlan(trust::Verified<trust::Plan> plan) : verified_(std::move(plan)) {}

  trust::Verified<trust::Plan> verified_;
  Filter filter_;
  std::vector<Filter> wave_filters_;
  std::vector<Ramp> ramps_;
  std::optional<absl::Time> baseline_begin_;
};

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_CHECKED_PLAN_H_
