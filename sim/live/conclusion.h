// After a live run: what the machines have, against what the coordinator has.

#ifndef MIG_SIM_LIVE_CONCLUSION_H_
#define MIG_SIM_LIVE_CONCLUSION_H_

#include "absl/status/status.h"
#include "sim/live/preparation.h"
#include "sim/report/summary.h"

namespace mig::sim {

// Opens the store of the coordinator, which has ended, and completes `summary`: who has which
// release, the outcomes that are durable, the promises. Errors: the store's.
absl::Status Conclude(LiveStage& stage, Summary& summary);

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_CONCLUSION_H_
