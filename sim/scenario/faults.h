// What goes wrong in a scenario, beyond each field's own bounds.

#ifndef MIG_SIM_SCENARIO_FAULTS_H_
#define MIG_SIM_SCENARIO_FAULTS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "sim/scenario/block.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/scenario.pb.h"

namespace mig::sim {

// `block` is the whole scenario's, whose fields are within their bounds. InvalidArgument
// "FILE:LINE: FIELD ..." for what is impossible.
absl::StatusOr<LinkPlan> ReadLink(const Block& block, const v1::Scenario& message);
absl::StatusOr<PowerCutPlan> ReadPowerCuts(const Block& block, const v1::Scenario& message);
absl::StatusOr<DiskFaultPlan> ReadDiskFaults(const Block& block, const v1::Scenario& message);
absl::StatusOr<LoaderKillPlan> ReadLoaderKills(const Block& block, const v1::Scenario& message);
absl::StatusOr<DamagePlan> ReadDamage(const Block& block, const v1::Scenario& message);
absl::StatusOr<std::vector<CoordinatorKillPlan>> ReadCoordinatorKills(const Block& block,
                                                                      const v1::Scenario& message);

}  // namespace mig::sim

#endif  // MIG_SIM_SCENARIO_FAULTS_H_
