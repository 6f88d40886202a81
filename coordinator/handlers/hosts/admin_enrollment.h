// Tokens and waiting enrollments of AdminService, without a transport.

#ifndef MIG_COORDINATOR_HANDLERS_HOSTS_ADMIN_ENROLLMENT_H_
#define MIG_COORDINATOR_HANDLERS_HOSTS_ADMIN_ENROLLMENT_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/random.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/handlers/done.h"
#include "coordinator/handlers/operators/operator_door.h"
#include "coordinator/store/enrollment_record.h"
#include "coordinator/store/write_batch.h"
#include "proto/mig/v1/admin_people.pb.h"

namespace mig::coordinator {

// Any thread may call. Every call may be refused as OperatorDoor says.
class AdminEnrollment {
 public:
  // All must outlive it.
  AdminEnrollment(Fleet& fleet, OperatorDoor& door, base::Random& random)
      : fleet_(fleet), door_(door), random_(random) {}

  // The secret is in this answer and nowhere else.
  void CreateToken(const Peer& peer, const v1::CreateTokenRequest& request,
                   Done<v1::CreateTokenAnswer> done);
  void ListTokens(const Peer& peer, const v1::ListTokensRequest& request,
                  Done<v1::ListTokensAnswer> done);
  void RevokeToken(const Peer& peer, const v1::RevokeTokenRequest& request, Done<v1::Token> done);

  void ListEnrollments(const Peer& peer, const v1::ListEnrollmentsRequest& request,
                       Done<v1::ListEnrollmentsAnswer> done);
  // CHANGED_MEANWHILE where somebody decided already.
  void ApproveEnrollment(const Peer& peer, const v1::ApproveEnrollmentRequest& request,
                         Done<v1::Enrollment> done);
  void DenyEnrollment(const Peer& peer, const v1::DenyEnrollmentRequest& request,
                      Done<v1::Enrollment> done);

 private:
  // One that nobody has decided on.
  absl::StatusOr<EnrollmentRecord> FindWaiting(absl::string_view name);
  absl::StatusOr<WriteBatch> Approval(const Caller& caller, const EnrollmentRecord& waiting,
                                      absl::string_view replaces);
  void Decide(WriteBatch batch, const EnrollmentRecord& waiting, Done<v1::Enrollment> done);

  Fleet& fleet_;
  OperatorDoor& door_;
  base::Random& random_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_HOSTS_ADMIN_ENROLLMENT_H_
