// One reported outcome, held to its bounds at the door.

#ifndef MIG_COORDINATOR_HANDLERS_LOADERS_OUTCOME_CHECK_H_
#define MIG_COORDINATOR_HANDLERS_LOADERS_OUTCOME_CHECK_H_

#include "absl/status/status.h"
#include "proto/mig/v1/report.pb.h"

namespace mig::coordinator {

// MALFORMED, BOUND: what is wrong will always be, so its host sets it aside. Its attempt was
// checked before.
absl::Status CheckOutcome(const v1::Outcome& outcome);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_LOADERS_OUTCOME_CHECK_H_
