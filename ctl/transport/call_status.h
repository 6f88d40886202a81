// What a failed call means to the person who made it. Inside this folder only: it knows gRPC.

#ifndef MIG_CTL_TRANSPORT_CALL_STATUS_H_
#define MIG_CTL_TRANSPORT_CALL_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mig::ctl {

// Ok for ok. A Refusal in the error details keeps its code; what never reached the coordinator is
// Unavailable, and says why and what to check.
absl::Status StatusOfCall(const grpc::Status& status, absl::string_view endpoint);

}  // namespace mig::ctl

#endif  // MIG_CTL_TRANSPORT_CALL_STATUS_H_
