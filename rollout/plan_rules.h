// What every plan must keep (docs/protocol.md, "Plan rules, in numbers"; R7). They bound mistakes,
// and thieves of fewer keys than the threshold.

#ifndef MIG_ROLLOUT_PLAN_RULES_H_
#define MIG_ROLLOUT_PLAN_RULES_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "trust/plan.h"
#include "trust/root.h"

namespace mig::rollout {

// The rules as they bind one plan: an `emergency` plan escapes least soak, largest share, longest
// life and longest baseline, and no other rule.
trust::PlanRules RulesFor(const trust::Plan& plan, const trust::Root& root);

// All rules about numbers and times. Sums are made so that no document can overflow one.
// Errors (trust::RefusalOf): PLAN_RULES  names the rule, the wave and the numbers.
absl::Status CheckPlanRules(const trust::Plan& plan, const trust::Root& root);

// The time at which every wave has ramped and soaked: max over waves of
// not_before + ramp + max(soak, least soak). Nothing for a plan that never becomes a baseline (no
// baseline_until; a `hold`; no waves). By the not-before clock.
// Errors: PLAN_RULES  the sum overflows
absl::StatusOr<std::optional<absl::Time>> BaselineBegin(const trust::Plan& plan,
                                                        const trust::Root& root);

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_PLAN_RULES_H_
