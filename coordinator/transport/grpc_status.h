// An absl::Status as gRPC carries it, with the refusal's code in the error's details.

#ifndef MIG_COORDINATOR_TRANSPORT_GRPC_STATUS_H_
#define MIG_COORDINATOR_TRANSPORT_GRPC_STATUS_H_

#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"

namespace mig::coordinator {

// The codes are the same numbers. The message is escaped and cut to kMaxReportTextBytes; a status
// made by trust::Refuse also carries its serialised v1.Refusal as details.
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_TRANSPORT_GRPC_STATUS_H_
