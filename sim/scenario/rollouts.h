// Releases and rollouts of a scenario, beyond each field's own bounds.

#ifndef MIG_SIM_SCENARIO_ROLLOUTS_H_
#define MIG_SIM_SCENARIO_ROLLOUTS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "sim/scenario/block.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/scenario.pb.h"

namespace mig::sim {

// `block` is the whole scenario's, whose fields are within their bounds. InvalidArgument
// "FILE:LINE: FIELD ..." for what is impossible.
absl::StatusOr<std::vector<ReleasePlan>> ReadReleases(const Block& block,
                                                      const v1::Scenario& message);
absl::StatusOr<std::vector<RolloutPlan>> ReadRollouts(const Block& block,
                                                      const v1::Scenario& message);

}  // namespace mig::sim

#endif  // MIG_SIM_SCENARIO_ROLLOUTS_H_
