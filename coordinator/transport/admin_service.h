// AdminService over gRPC: mutual TLS, client certificates by the operators' CA.

#ifndef MIG_COORDINATOR_TRANSPORT_ADMIN_SERVICE_H_
#define MIG_COORDINATOR_TRANSPORT_ADMIN_SERVICE_H_

#include <utility>

#include "coordinator/handlers/coordinator.h"
#include "coordinator/transport/peer_of.h"
#include "coordinator/transport/unary.h"
#include "proto/mig/v1/admin_service.grpc.pb.h"

namespace mig::coordinator {

class AdminService : public v1::AdminService::CallbackService {
 public:
  // All handlers and reactors run on `workers`.
  AdminService(Coordinator& coordinator, Workers& workers, const Meters& meters)
      : coordinator_(coordinator), workers_(workers), meters_(meters) {}

  MIG_ANSWER_UNARY(FindBlobs, FindBlobsRequest, FindBlobsAnswer, PeerOf, coordinator_.documents(),
                   workers_)
  MIG_ANSWER_UNARY(PutDocument, PutDocumentRequest, DocumentInfo, PeerOf, coordinator_.documents(),
                   workers_)
  MIG_ANSWER_UNARY(GetDocument, GetDocumentRequest, DocumentInfo, PeerOf, coordinator_.documents(),
                   workers_)
  MIG_ANSWER_UNARY(ListDocuments, ListDocumentsRequest, ListDocumentsAnswer, PeerOf,
                   coordinator_.documents(), workers_)
  MIG_ANSWER_UNARY(GetRelease, GetReleaseRequest, Release, PeerOf, coordinator_.documents(),
                   workers_)
  MIG_ANSWER_UNARY(ListReleases, ListReleasesRequest, ListReleasesAnswer, PeerOf,
                   coordinator_.documents(), workers_)
  MIG_ANSWER_UNARY(PreviewPlan, PreviewPlanRequest, PlanPreview, PeerOf, coordinator_.documents(),
                   workers_)
  MIG_ANSWER_UNARY(StartRollout, StartRolloutRequest, Rollout, PeerOf, coordinator_.rollouts(),
                   workers_)
  MIG_ANSWER_UNARY(HaltRollout, HaltRolloutRequest, Rollout, PeerOf, coordinator_.rollouts(),
                   workers_)
  MIG_ANSWER_UNARY(ResumeRollout, ResumeRolloutRequest, PendingRequest, PeerOf,
                   coordinator_.rollouts(), workers_)
  MIG_ANSWER_UNARY(FallBackRollout, FallBackRolloutRequest, Rollout, PeerOf,
                   coordinator_.rollouts(), workers_)
  MIG_ANSWER_UNARY(GetRollout, GetRolloutRequest, Rollout, PeerOf, coordinator_.rollouts(),
                   workers_)
  MIG_ANSWER_UNARY(ListRollouts, ListRolloutsRequest, ListRolloutsAnswer, PeerOf,
                   coordinator_.rollouts(), workers_)
  MIG_ANSWER_UNARY(ListRolloutEvents, ListRolloutEventsRequest, ListRolloutEventsAnswer, PeerOf,
                   coordinator_.rollouts(), workers_)
  MIG_ANSWER_UNARY(ListHosts, ListHostsRequest, ListHostsAnswer, PeerOf, coordinator_.hosts(),
                   workers_)
  MIG_ANSWER_UNARY(GetHost, GetHostRequest, HostDetails, PeerOf, coordinator_.hosts(), workers_)
  MIG_ANSWER_UNARY(ExplainHost, ExplainHostRequest, Explanation, PeerOf, coordinator_.hosts(),
                   workers_)
  MIG_ANSWER_UNARY(PinHost, PinHostRequest, Host, PeerOf, coordinator_.hosts(), workers_)
  MIG_ANSWER_UNARY(LabelHost, LabelHostRequest, Host, PeerOf, coordinator_.hosts(), workers_)
  MIG_ANSWER_UNARY(DisableHost, DisableHostRequest, Host, PeerOf, coordinator_.hosts(), workers_)
  MIG_ANSWER_UNARY(RevokeHosts, RevokeHostsRequest, RevokeHostsAnswer, PeerOf, coordinator_.hosts(),
                   workers_)
  MIG_ANSWER_UNARY(MergeHosts, MergeHostsRequest, Host, PeerOf, coordinator_.hosts(), workers_)
  MIG_ANSWER_UNARY(CreateToken, CreateTokenRequest, CreateTokenAnswer, PeerOf,
                   coordinator_.tokens(), workers_)
  MIG_ANSWER_UNARY(ListTokens, ListTokensRequest, ListTokensAnswer, PeerOf, coordinator_.tokens(),
                   workers_)
  MIG_ANSWER_UNARY(RevokeToken, RevokeTokenRequest, Token, PeerOf, coordinator_.tokens(), workers_)
  MIG_ANSWER_UNARY(ListEnrollments, ListEnrollmentsRequest, ListEnrollmentsAnswer, PeerOf,
                   coordinator_.tokens(), workers_)
  MIG_ANSWER_UNARY(ApproveEnrollment, ApproveEnrollmentRequest, Enrollment, PeerOf,
                   coordinator_.tokens(), workers_)
  MIG_ANSWER_UNARY(DenyEnrollment, DenyEnrollmentRequest, Enrollment, PeerOf, coordinator_.tokens(),
                   workers_)
  MIG_ANSWER_UNARY(WhoAmI, WhoAmIRequest, Operator, PeerOf, coordinator_.people(), workers_)
  MIG_ANSWER_UNARY(RenewOperatorCertificate, RenewOperatorCertificateRequest,
                   RenewOperatorCertificateAnswer, PeerOf, coordinator_.people(), workers_)
  MIG_ANSWER_UNARY(InviteOperator, InviteOperatorRequest, InviteOperatorAnswer, PeerOf,
                   coordinator_.people(), workers_)
  MIG_ANSWER_UNARY(ListOperators, ListOperatorsRequest, ListOperatorsAnswer, PeerOf,
                   coordinator_.people(), workers_)
  MIG_ANSWER_UNARY(RevokeOperator, RevokeOperatorRequest, Operator, PeerOf, coordinator_.people(),
                   workers_)
  MIG_ANSWER_UNARY(ListRequests, ListRequestsRequest, ListRequestsAnswer, PeerOf,
                   coordinator_.people(), workers_)
  MIG_ANSWER_UNARY(ApproveRequest, ApproveRequestRequest, PendingRequest, PeerOf,
                   coordinator_.people(), workers_)
  MIG_ANSWER_UNARY(ListAudit, ListAuditRequest, ListAuditAnswer, PeerOf, coordinator_.people(),
                   workers_)
  MIG_ANSWER_UNARY(VerifyAudit, VerifyAuditRequest, VerifyAuditAnswer, PeerOf,
                   coordinator_.people(), workers_)
  MIG_ANSWER_UNARY(CreateWebLink, CreateWebLinkRequest, CreateWebLinkAnswer, PeerOf,
                   coordinator_.people(), workers_)
  MIG_ANSWER_UNARY(Doctor, DoctorRequest, DoctorAnswer, PeerOf, coordinator_.self(), workers_)
  MIG_ANSWER_UNARY(ConfirmStore, ConfirmStoreRequest, ConfirmStoreAnswer, PeerOf,
                   coordinator_.self(), workers_)

  grpc::ServerReadReactor<v1::UploadBlobRequest>* UploadBlob(grpc::CallbackServerContext* context,
                                                             v1::UploadBlobAnswer* answer) override;
  grpc::ServerWriteReactor<v1::Rollout>* WatchRollout(
      grpc::CallbackServerContext* context, const v1::GetRolloutRequest* request) override;

 private:
  absl::StatusOr<Peer> PeerOf(const grpc::ServerContextBase& context) {
    return CertifiedPeerOf(context, certificates_);
  }

  Coordinator& coordinator_;
  Workers& workers_;
  const Meters meters_;
  KnownCertificates certificates_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_TRANSPORT_ADMIN_SERVICE_H_
