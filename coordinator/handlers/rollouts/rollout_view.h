// A rollout as operators see it: the fold of its events, its plan, and what became of its offers.

#ifndef MIG_COORDINATOR_HANDLERS_ROLLOUTS_ROLLOUT_VIEW_H_
#define MIG_COORDINATOR_HANDLERS_ROLLOUTS_ROLLOUT_VIEW_H_

#include "absl/time/time.h"
#include "coordinator/fleet/rollout_fold.h"
#include "coordinator/fleet/rollout_ledger.h"
#include "coordinator/fleet/snapshot.h"
#include "coordinator/handlers/rollouts/census.h"
#include "coordinator/store/rollout_event.h"
#include "proto/mig/v1/admin_rollouts.pb.h"
#include "rollout/checked_plan.h"

namespace mig::coordinator {

// READY before the start; then the first of ENDED FALLING_BACK HALTED SUPERSEDED BASELINE PAUSED
// RUNNING that holds at `now`.
v1::Rollout::State RolloutStateOf(const Snapshot& snapshot, const rollout::CheckedPlan& plan,
                                  absl::Time now);

// How the ledger counts under this plan.
CountRules CountRulesFor(const trust::Plan& plan, absl::Time now);

v1::Rollout RolloutOf(const Snapshot& snapshot, const rollout::CheckedPlan& plan,
                      const RolloutLedger::Totals& totals, const Census::PlanCount& expected,
                      absl::Time now);

v1::RolloutEvent EventOf(const RolloutEvent& event);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_ROLLOUTS_ROLLOUT_VIEW_H_
