// The coordinator's other door, for hosts without a certificate that counts.

#ifndef MIG_LOADER_TRANSPORT_ENROLLMENT_CLIENT_H_
#define MIG_LOADER_TRANSPORT_ENROLLMENT_CLIENT_H_

#include "absl/status/statusor.h"
#include "proto/mig/v1/enrollment_service.pb.h"

namespace mig::loader {

// As CoordinatorClient: checked answers, own deadlines, one caller at a time, the same errors.
class EnrollmentClient {
 public:
  virtual ~EnrollmentClient() = default;

  virtual absl::StatusOr<v1::EnrollAnswer> Enroll(const v1::EnrollRequest& request) = 0;
  virtual absl::StatusOr<v1::EnrollAnswer> Poll(const v1::PollEnrollmentRequest& request) = 0;
  virtual absl::StatusOr<v1::RenewByPossessionAnswer> RenewExpired(
      const v1::RenewByPossessionRequest& request) = 0;
  virtual absl::StatusOr<v1::WalkRootsAnswer> WalkRoots(const v1::WalkRootsRequest& request) = 0;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_TRANSPORT_ENROLLMENT_CLIENT_H_
