// EnrollmentService without a transport (proto/mig/v1/enrollment_service.proto): how hosts and
// operators come in. Its callers have no certificate that counts, so limits of its own.

#ifndef MIG_COORDINATOR_HANDLERS_ENROLL_ENROLLMENT_HANDLERS_H_
#define MIG_COORDINATOR_HANDLERS_ENROLL_ENROLLMENT_HANDLERS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/random.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/handlers/done.h"
#include "coordinator/handlers/issue/certificate_issuer.h"
#include "coordinator/handlers/limits/host_limiter.h"
#include "coordinator/handlers/limits/rate_limiter.h"
#include "coordinator/store/store.h"
#include "proto/mig/v1/enrollment_service.pb.h"
#include "trust/x509/certificate.h"
#include "trust/x509/certificate_request.h"

namespace mig::coordinator {

struct EnrollmentOptions {
  RateLimiter::Options limits = {};
  // What a host that waits for an operator is told.
  absl::Duration poll_after = absl::Seconds(30);
};

// Any thread may call, if clock and random numbers say so too; all but WalkRoots read the store,
// and are for a thread that others do not wait for. Each call may be refused with RATE_LIMIT: by
// its address, and whatever issues a certificate for a host that is there already by the host too.
class EnrollmentHandlers {
 public:
  // All must outlive it.
  EnrollmentHandlers(Fleet& fleet, const CertificateIssuer& issuer, HostLimiter& host_limiter,
                     base::Clock& clock, base::Random& random, const EnrollmentOptions& options);

  EnrollmentHandlers(const EnrollmentHandlers&) = delete;
  EnrollmentHandlers& operator=(const EnrollmentHandlers&) = delete;

  // One use of a token for one new key; the same token and key again get an answer and use nothing.
  // Answered when durable. TOKEN: unknown, used up, expired, revoked; CSR; ROOT_VERSION: a root
  // that is none of ours; REVOKED: this key was thrown out; STORE_BEHIND.
  void Enroll(const Peer& peer, const v1::EnrollRequest& request, Done<v1::EnrollAnswer> done);

  // `denied` with NOT_FOUND where nothing waits under this id.
  void PollEnrollment(const Peer& peer, const v1::PollEnrollmentRequest& request,
                      Done<v1::EnrollAnswer> done);

  // The one use of an invitation; the same key again gets another certificate. TOKEN; CSR; REVOKED.
  void FirstLogin(const Peer& peer, const v1::FirstLoginRequest& request,
                  Done<v1::FirstLoginAnswer> done);

  // With the current key, or the one that was issued last. CERTIFICATE, POSSESSION, CSR;
  // UNRECORDED_KEY: any other key, former ones too; REVOKED, DISABLED; STORE_BEHIND.
  void RenewByPossession(const Peer& peer, const v1::RenewByPossessionRequest& request,
                         Done<v1::RenewByPossessionAnswer> done);

  void WalkRoots(const Peer& peer, const v1::WalkRootsRequest& request,
                 Done<v1::WalkRootsAnswer> done);

 private:
  // Who asks to come in, checked.
  struct Newcomer {
    HostId id;
    trust::x509::CertificateRequest csr;
    base::Digest machine;
    TokenRecord token;
    absl::Time now;
  };
  absl::StatusOr<Newcomer> ReadNewcomer(const Peer& peer, const v1::EnrollRequest& request);
  void EnrollAgain(const Newcomer& newcomer, const HostRecord& known, Done<v1::EnrollAnswer> done);
  void EndRace(const Newcomer& newcomer, const absl::Status& refused, Done<v1::EnrollAnswer> done);
  void AskOperator(const Peer& peer, const v1::EnrollRequest& request, const Newcomer& newcomer,
                   Done<v1::EnrollAnswer> done);
  void AnswerEnrollment(const EnrollmentRecord& enrollment, Done<v1::EnrollAnswer> done);
  void Reissue(const HostId& host, absl::string_view spki, absl::Time now,
               Done<v1::EnrollAnswer> done);

  // A renewal or first login that was judged: what to write, and what to answer then.
  struct Login {
    WriteBatch batch;
    v1::FirstLoginAnswer answer;
  };
  absl::StatusOr<Login> PrepareLogin(const Peer& peer, const v1::FirstLoginRequest& request);
  struct Renewal {
    WriteBatch batch;
    v1::RenewByPossessionAnswer answer;
  };
  absl::StatusOr<Renewal> PrepareRenewal(const Peer& peer,
                                         const v1::RenewByPossessionRequest& request);
  absl::StatusOr<Renewal> RenewHost(const trust::x509::Certificate& shown, const HostId& host,
                                    const trust::x509::CertificateRequest& csr, absl::Time now);
  absl::StatusOr<Renewal> RenewOperator(const trust::x509::Certificate& shown,
                                        absl::string_view name,
                                        const trust::x509::CertificateRequest& csr, absl::Time now);

  std::string TrustDomain() const;

  Fleet& fleet_;
  const CertificateIssuer& issuer_;
  base::Clock& clock_;
  base::Random& random_;
  const EnrollmentOptions options_;
  RateLimiter limiter_;
  HostLimiter& host_limiter_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_ENROLL_ENROLLMENT_HANDLERS_H_
