// Bounds and mandatory fields of what a coordinator answers, checked at the door.

#ifndef MIG_LOADER_TRANSPORT_ANSWER_CHECKS_H_
#define MIG_LOADER_TRANSPORT_ANSWER_CHECKS_H_

#include "absl/status/status.h"
#include "proto/mig/v1/checkin.pb.h"
#include "proto/mig/v1/enrollment_service.pb.h"
#include "proto/mig/v1/loader_service.pb.h"
#include "proto/mig/v1/report.pb.h"

namespace mig::loader {

// MALFORMED or BOUND, naming the field, unless the answer is as its .proto says. Times to wait are
// not judged: the host clamps them to its own limits (R8).
absl::Status Check(const v1::CheckInAnswer& answer);
absl::Status Check(const v1::ReportAnswer& answer, const v1::ReportRequest& request);
absl::Status Check(const v1::RenewCertificateAnswer& answer);
absl::Status Check(const v1::EnrollAnswer& answer);
absl::Status Check(const v1::RenewByPossessionAnswer& answer);
absl::Status Check(const v1::WalkRootsAnswer& answer);

}  // namespace mig::loader

#endif  // MIG_LOADER_TRANSPORT_ANSWER_CHECKS_H_
