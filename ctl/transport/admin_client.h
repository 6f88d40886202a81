// The operators' API as migctl calls it, without gRPC in sight. Every error names the endpoint and
// the way out; a refusal of the coordinator keeps its code (trust::RefusalOf).

#ifndef MIG_CTL_TRANSPORT_ADMIN_CLIENT_H_
#define MIG_CTL_TRANSPORT_ADMIN_CLIENT_H_

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "base/file.h"
#include "proto/mig/v1/admin_documents.pb.h"
#include "proto/mig/v1/admin_hosts.pb.h"
#include "proto/mig/v1/admin_people.pb.h"
#include "proto/mig/v1/admin_rollouts.pb.h"
#include "proto/mig/v1/enrollment_service.pb.h"

namespace mig::ctl {

// Blocking calls, one thread at a time; each ends within its deadline (20 s, an upload more).
// Unavailable: not reached, trying again is safe.
class AdminClient {
 public:
  virtual ~AdminClient() = default;

  // One content, read from `file`; `progress` is told the bytes sent so far.
  virtual absl::StatusOr<v1::UploadBlobAnswer> UploadBlob(
      const v1::BlobStart& start, base::File& file, absl::FunctionRef<void(uint64_t)> progress) = 0;
  // The rollout's state now and at each change, until `take` says false (then ok), the rollout is
  // final (ok), or `limit` of real time is over (DeadlineExceeded).
  virtual absl::Status WatchRollout(const v1::GetRolloutRequest& request, absl::Duration limit,
                                    absl::FunctionRef<bool(const v1::Rollout&)> take) = 0;

#define MIG_CTL_ADMIN_CALLS(CALL)                                                                 \
  CALL(FindBlobs, FindBlobsRequest, FindBlobsAnswer)                                              \
  CALL(PutDocument, PutDocumentRequest, DocumentInfo)                                             \
  CALL(GetDocument, GetDocumentRequest, DocumentInfo)                                             \
  CALL(ListDocuments, ListDocumentsRequest, ListDocumentsAnswer)                                  \
  CALL(GetRelease, GetReleaseRequest, Release)                                                    \
  CALL(ListReleases, ListReleasesRequest, ListReleasesAnswer)                                     \
  CALL(StartRollout, StartRolloutRequest, Rollout)                                                \
  CALL(HaltRollout, HaltRolloutRequest, Rollout)                                                  \
  CALL(GetRollout, GetRolloutRequest, Rollout)                                                    \
  CALL(ListRollouts, ListRolloutsRequest, ListRolloutsAnswer)                                     \
  CALL(ListRolloutEvents, ListRolloutEventsRequest, ListRolloutEventsAnswer)                      \
  CALL(ListHosts, ListHostsRequest, ListHostsAnswer)                                              \
  CALL(GetHost, GetHostRequest, HostDetails)                                                      \
  CALL(ExplainHost, ExplainHostRequest, Explanation)                                              \
  CALL(PinHost, PinHostRequest, Host)                                                             \
  CALL(LabelHost, LabelHostRequest, Host)                                                         \
  CALL(DisableHost, DisableHostRequest, Host)                                                     \
  CALL(RevokeHosts, RevokeHostsRequest, RevokeHostsAnswer)                                        \
  CALL(CreateToken, CreateTokenRequest, CreateTokenAnswer)                                        \
  CALL(ListTokens, ListTokensRequest, ListTokensAnswer)                                           \
  CALL(RevokeToken, RevokeTokenRequest, Token)                                                    \
  CALL(ListEnrollments, ListEnrollmentsRequest, ListEnrollmentsAnswer)                            \
  CALL(ApproveEnrollment, ApproveEnrollmentRequest, Enrollment)                                   \
  CALL(DenyEnrollment, DenyEnrollmentRequest, Enrollment)                                         \
  CALL(WhoAmI, WhoAmIRequest, Operator)                                                           \
  CALL(RenewOperatorCertificate, RenewOperatorCertificateRequest, RenewOperatorCertificateAnswer) \
  CALL(InviteOperator, InviteOperatorRequest, InviteOperatorAnswer)                               \
  CALL(ListOperators, ListOperatorsRequest, ListOperatorsAnswer)                                  \
  CALL(RevokeOperator, RevokeOperatorRequest, Operator)                                           \
  CALL(ListAudit, ListAuditRequest, ListAuditAnswer)                                              \
  CALL(VerifyAudit, VerifyAuditRequest, VerifyAuditAnswer)                                        \
  CALL(Doctor, DoctorRequest, DoctorAnswer)                                                       \
  CALL(ConfirmStore, ConfirmStoreRequest, ConfirmStoreAnswer)

#define MIG_CTL_DECLARE(name, request, answer) \
  virtual absl::StatusOr<v1::answer> name(const v1::request& message) = 0;
  MIG_CTL_ADMIN_CALLS(MIG_CTL_DECLARE)
#undef MIG_CTL_DECLARE
};

// What is called without a certificate.
class EnrollmentClient {
 public:
  virtual ~EnrollmentClient() = default;

  virtual absl::StatusOr<v1::FirstLoginAnswer> FirstLogin(const v1::FirstLoginRequest& message) = 0;
  virtual absl::StatusOr<v1::RenewByPossessionAnswer> RenewByPossession(
      const v1::RenewByPossessionRequest& message) = 0;
  virtual absl::StatusOr<v1::WalkRootsAnswer> WalkRoots(const v1::WalkRootsRequest& message) = 0;
};

struct ServerAddress {
  std::string endpoint;  // "host:port"
  std::string ca_pem;    // the CA its certificate must be by; no other is tried
};

struct OperatorIdentity {
  std::string key_pem;
  std::string chain_pem;
};

// Makes clients; a connection is made at the first call.
class Connector {
 public:
  virtual ~Connector() = default;
  virtual std::unique_ptr<AdminClient> Admin(const ServerAddress& server,
                                             const OperatorIdentity& identity) = 0;
  virtual std::unique_ptr<EnrollmentClient> Enrollment(const ServerAddress& server) = 0;
};

}  // namespace mig::ctl

#endif  // MIG_CTL_TRANSPORT_ADMIN_CLIENT_H_
