// The ids by which rows are found. Those that travel are trust/'s; one is the store's own.

#ifndef MIG_COORDINATOR_STORE_IDS_H_
#define MIG_COORDINATOR_STORE_IDS_H_

#include "trust/host_id.h"
#include "trust/ids.h"

namespace mig::coordinator {

using trust::AnswerId;
using trust::AttemptId;
using trust::HostId;
using trust::RolloutId;
using trust::StoreId;

// Of a host's wait for an operator: 16 random bytes, by which it asks for the decision.
using EnrollmentId = trust::FixedBytes<struct EnrollmentIdTag, 16>;

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_IDS_H_
