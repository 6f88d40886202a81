#include "coordinator/transport/grpc_status.h"

#include "base/sizes.h"
#include "base/text.h"
#include "proto/mig/v1/refusal.pb.h"
#include "trust/refusal.h"

namespace mig::coordinator {

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const auto code = static_cast<grpc::StatusCode>(status.code());
  const auto refusal = trust::RefusalOf(status);
  if (!refusal.has_value()) {
    return grpc::Status(code, base::Escaped(status.message(), base::kMaxReportTextBytes));
  }
  const v1::Refusal message = trust::ToMessage(status, *refusal);
  return grpc::Status(code, message.text(), message.SerializeAsString());
}

}  // namespace mig::coordinator
