// The record of a host that comes in.

#ifndef MIG_COORDINATOR_HANDLERS_ENROLL_NEW_HOST_H_
#define MIG_COORDINATOR_HANDLERS_ENROLL_NEW_HOST_H_

#include "absl/time/time.h"
#include "base/digest.h"
#include "coordinator/store/host_record.h"
#include "coordinator/store/token_record.h"
#include "proto/mig/v1/environment.pb.h"

namespace mig::coordinator {

// With the token's labels; without a key yet. `environment` was checked.
HostRecord NewHost(const HostId& id, const base::Digest& machine, const TokenRecord& token,
                   const v1::Environment& environment, absl::Time now);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_ENROLL_NEW_HOST_H_
