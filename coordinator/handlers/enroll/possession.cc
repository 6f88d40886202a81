// EnrollmentHandlers::RenewByPossession: back in after months in a drawer, or when a restored store
// does not know the newest key. Revoked means never.

#include "trust/x509/possession.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/handlers/enroll/enrollment_handlers.h"
#include "coordinator/handlers/loaders/host_keys.h"
#include "trust/refusal.h"
#include "trust/x509/spiffe_id.h"

namespace mig::coordinator {
namespace {

using Kind = trust::x509::SpiffeId::Kind;

// A former key counts for nothing: who had it may not be its owner any more (an invitation or an
// enrollment anew is how people take a lost key out of use).
absl::Status CheckKeyCounts(const AllowedKeys& keys, const base::Digest& shown) {
  if (keys.current == shown || keys.next == shown) return absl::OkStatus();
  const bool replaced = keys.former == shown;
  return trust::Refuse(
      v1::Refusal::UNRECORDED_KEY,
      absl::StrCat("this key ",
                   replaced ? "was replaced by a later one" : "was never recorded here",
                   "; renew with the later key, or come in with a new token"));
}

template <typename Answer>
void AddChain(IssuedChain& issued, Answer& answer) {
  for (std::string& certificate : issued.chain) {
    answer.add_certificate_chain(std::move(certificate));
  }
}

}  // namespace

absl::StatusOr<EnrollmentHandlers::Renewal> EnrollmentHandlers::RenewHost(
    const trust::x509::Certificate& shown, const HostId& host,
    const trust::x509::CertificateRequest& csr, absl::Time now) {
  absl::StatusOr<HostRecord> record = fleet_.store().GetHost(host);
  if (absl::IsNotFound(record.status())) return CheckKeyCounts({}, shown.spki_digest());
  MIG_RETURN_IF_ERROR(record.status());
  MIG_RETURN_IF_ERROR(fleet_.hosts().StillWelcome(host));
  MIG_RETURN_IF_ERROR(CheckKeyCounts(record->keys, shown.spki_digest()));
  MIG_RETURN_IF_ERROR(host_limiter_.Admit(host, HostCall::kRenew, clock_.MonotonicNow()));
  MIG_ASSIGN_OR_RETURN(IssuedChain issued, issuer_.ForHost(TrustDomain(), host, csr.spki(), now));
  record->keys = AfterRenewal(record->keys, shown.spki_digest(), csr.spki_digest());
  Renewal renewal;
  renewal.batch = {UpdateHost{*std::move(record)}, InsertCertificate{std::move(issued.record)}};
  AddChain(issued, renewal.answer);
  return renewal;
}

absl::StatusOr<EnrollmentHandlers::Renewal> EnrollmentHandlers::RenewOperator(
    const trust::x509::Certificate& shown, absl::string_view name,
    const trust::x509::CertificateRequest& csr, absl::Time now) {
  absl::StatusOr<OperatorRecord> person = fleet_.store().GetOperator(name);
  if (absl::IsNotFound(person.status())) return CheckKeyCounts({}, shown.spki_digest());
  MIG_RETURN_IF_ERROR(person.status());
  if (person->revoked) {
    return trust::Refuse(v1::Refusal::REVOKED,
                         absl::StrCat("operator '", person->name, "' was revoked"));
  }
  MIG_RETURN_IF_ERROR(CheckKeyCounts(person->keys, shown.spki_digest()));
  MIG_ASSIGN_OR_RETURN(IssuedChain issued,
                       issuer_.ForOperator(TrustDomain(), name, csr.spki(), now));
  person->keys = AfterRenewal(person->keys, shown.spki_digest(), csr.spki_digest());
  person->certificate_expires_at = issued.record.expires_at;
  Renewal renewal;
  renewal.batch = {UpdateOperator{*std::move(person)}};
  AddChain(issued, renewal.answer);
  return renewal;
}

absl::StatusOr<EnrollmentHandlers::Renewal> EnrollmentHandlers::PrepareRenewal(
    const Peer& peer, const v1::RenewByPossessionRequest& request) {
  const absl::Time now = clock_.WallNow();
  MIG_RETURN_IF_ERROR(limiter_.Admit(peer.address, clock_.MonotonicNow()));
  MIG_ASSIGN_OR_RETURN(const trust::x509::Certificate shown,
                       trust::x509::Certificate::ParseDer(request.certificate()));
  MIG_ASSIGN_OR_RETURN(const trust::x509::SpiffeId id, shown.spiffe_id());
  const std::string domain = TrustDomain();
  const bool is_host = id.kind() == Kind::kLoader;
  const bool is_person = id.kind() == Kind::kOperator;
  if (id.trust_domain() != domain || (!is_host && !is_person)) {
    return trust::Refuse(
        v1::Refusal::CERTIFICATE,
        absl::StrCat("a certificate of a loader or operator of ", domain, " is needed here"));
  }
  // Its time is not looked at: that it is over is why its owner comes here.
  MIG_RETURN_IF_ERROR(shown.CheckIssuedBy(is_host ? issuer_.loaders_ca() : issuer_.operators_ca()));
  MIG_ASSIGN_OR_RETURN(const trust::x509::CertificateRequest csr,
                       trust::x509::CertificateRequest::ParseDer(request.csr()));
  MIG_RETURN_IF_ERROR(
      trust::x509::CheckPossession(shown.spki(), domain, request.csr(), request.proof()));
  if (is_host) fleet_.JudgeHead(request.newest_head());
  MIG_RETURN_IF_ERROR(fleet_.CheckNotBehind());
  return is_host ? RenewHost(shown, *id.host_id(), csr, now)
                 : RenewOperator(shown, id.name(), csr, now);
}

void EnrollmentHandlers::RenewByPossession(const Peer& peer,
                                           const v1::RenewByPossessionRequest& request,
                                           Done<v1::RenewByPossessionAnswer> done) {
  absl::StatusOr<Renewal> renewal = PrepareRenewal(peer, request);
  if (!renewal.ok()) return done(renewal.status());
  fleet_.Append(std::move(renewal->batch),
                [answer = std::move(renewal->answer),
                 done = std::move(done)](const absl::StatusOr<Written>& written) mutable {
                  if (!written.ok()) return done(written.status());
                  done(std::move(answer));
                });
}

}  // namespace mig::coordinator
