// Operators, audit and the coordinator's own health of AdminService, without a transport.

#ifndef MIG_COORDINATOR_HANDLERS_OPERATORS_ADMIN_PEOPLE_H_
#define MIG_COORDINATOR_HANDLERS_OPERATORS_ADMIN_PEOPLE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/handlers/done.h"
#include "coordinator/handlers/issue/certificate_issuer.h"
#include "coordinator/handlers/operators/operator_door.h"
#include "proto/mig/v1/admin_people.pb.h"

namespace mig::coordinator {

// Any thread may call. Every call may be refused as OperatorDoor says.
class AdminPeople {
 public:
  // All must outlive it.
  AdminPeople(Fleet& fleet, OperatorDoor& door, const CertificateIssuer& issuer,
              base::Random& random)
      : fleet_(fleet), door_(door), issuer_(issuer), random_(random) {}

  void WhoAmI(const Peer& peer, const v1::WhoAmIRequest& request, Done<v1::Operator> done);
  void RenewOperatorCertificate(const Peer& peer,
                                const v1::RenewOperatorCertificateRequest& request,
                                Done<v1::RenewOperatorCertificateAnswer> done);
  // Also a new invitation, or other roles, for one who is there; earlier invitations end.
  void InviteOperator(const Peer& peer, const v1::InviteOperatorRequest& request,
                      Done<v1::InviteOperatorAnswer> done);
  void ListOperators(const Peer& peer, const v1::ListOperatorsRequest& request,
                     Done<v1::ListOperatorsAnswer> done);
  // Nobody revokes the last administrator.
  void RevokeOperator(const Peer& peer, const v1::RevokeOperatorRequest& request,
                      Done<v1::Operator> done);

  void ListAudit(const Peer& peer, const v1::ListAuditRequest& request,
                 Done<v1::ListAuditAnswer> done);
  void VerifyAudit(const Peer& peer, const v1::VerifyAuditRequest& request,
                   Done<v1::VerifyAuditAnswer> done);

  // Nothing waits for a second person yet: an empty list, and NOT_FOUND.
  void ListRequests(const Peer& peer, const v1::ListRequestsRequest& request,
                    Done<v1::ListRequestsAnswer> done);
  void ApproveRequest(const Peer& peer, const v1::ApproveRequestRequest& request,
                      Done<v1::PendingRequest> done);
  // Unimplemented: comes with the dashboard.
  void CreateWebLink(const Peer& peer, const v1::CreateWebLinkRequest& request,
                     Done<v1::CreateWebLinkAnswer> done);

 private:
  absl::StatusOr<uint64_t> FirstBadAuditRow(uint64_t last);

  Fleet& fleet_;
  OperatorDoor& door_;
  const CertificateIssuer& issuer_;
  base::Random& random_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_OPERATORS_ADMIN_PEOPLE_H_
