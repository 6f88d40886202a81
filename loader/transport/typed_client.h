// The typed calls over any Transport: serialises, parses, and holds every bound at the door.

#ifndef MIG_LOADER_TRANSPORT_TYPED_CLIENT_H_
#define MIG_LOADER_TRANSPORT_TYPED_CLIENT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "loader/transport/coordinator_client.h"
#include "loader/transport/enrollment_client.h"
#include "loader/transport/transport.h"

namespace mig::loader {

// Of one unary call, connecting included.
inline constexpr absl::Duration kCallTimeout = absl::Seconds(30);

// A fetch may be slow, not endless (ADVERSARY 88): between two chunks at most kFetchStall; after
// kFetchGrace the mean rate must be at least kFetchLeastRate.
inline constexpr absl::Duration kFetchStall = absl::Seconds(30);
inline constexpr absl::Duration kFetchGrace = absl::Seconds(60);
inline constexpr uint64_t kFetchLeastRateBytesPerSecond = 4 * 1024;

// To the loaders' port. Borrows both.
class TypedCoordinatorClient : public CoordinatorClient {
 public:
  TypedCoordinatorClient(base::Clock& clock, Transport& transport)
      : clock_(clock), transport_(transport) {}

  absl::StatusOr<v1::CheckInAnswer> CheckIn(const v1::CheckInRequest& request) override;
  absl::Status Fetch(const FetchWant& want, FetchSink& sink) override;
  absl::StatusOr<v1::ReportAnswer> Report(const v1::ReportRequest& request) override;
  absl::StatusOr<v1::RenewCertificateAnswer> Renew(
      const v1::RenewCertificateRequest& request) override;

 private:
  base::Clock& clock_;
  Transport& transport_;
};

// To the enrollment port. Borrows both.
class TypedEnrollmentClient : public EnrollmentClient {
 public:
  TypedEnrollmentClient(base::Clock& clock, Transport& transport)
      : clock_(clock), transport_(transport) {}

  absl::StatusOr<v1::EnrollAnswer> Enroll(const v1::EnrollRequest& request) override;
  absl::StatusOr<v1::EnrollAnswer> Poll(const v1::PollEnrollmentRequest& request) override;
  absl::StatusOr<v1::RenewByPossessionAnswer> RenewExpired(
      const v1::RenewByPossessionRequest& request) override;
  absl::StatusOr<v1::WalkRootsAnswer> WalkRoots(const v1::WalkRootsRequest& request) override;

 private:
  base::Clock& clock_;
  Transport& transport_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_TRANSPORT_TYPED_CLIENT_H_
