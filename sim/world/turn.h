// Whose turn it is, computed a second time: from docs/protocol.md ("Cohorts and slots"), not with
// rollout/, so that the two can be held against each other.

#ifndef MIG_SIM_WORLD_TURN_H_
#define MIG_SIM_WORLD_TURN_H_

#include <cstdint>

#include "absl/time/time.h"
#include "sim/world/documents.h"
#include "trust/host_id.h"

namespace mig::sim {

// A host's place in a plan's rollout: in [0, 2^63).
uint64_t CohortIn(const SignedPlan& plan, const trust::HostId& host);

// Whether a place lies below a share of the whole.
bool IsBelow(uint64_t cohort, uint32_t share_ppm);

// When the plan first lets the host begin, by a right clock, to the millisecond; InfiniteFuture:
// never.
absl::Time TurnIn(const SignedPlan& plan, const trust::HostId& host);

}  // namespace mig::sim

#endif  // MIG_SIM_WORLD_TURN_H_
