// EnrollmentHandlers::FirstLogin: an operator's first certificate, for an invitation.

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "coordinator/handlers/enroll/enrollment_handlers.h"
#include "coordinator/handlers/operators/method_roles.h"
#include "trust/fields.h"
#include "trust/refusal.h"
#include "trust/token/token.h"

namespace mig::coordinator {
namespace {

absl::Status NoInvite(absl::string_view why) {
  return trust::Refuse(
      v1::Refusal::TOKEN,
      absl::StrCat("this invitation ", why, "; ask for another one (migctl operator invite)"));
}

absl::Status CheckInvite(const InviteRecord& invite, const OperatorRecord& person,
                         const base::Digest& spki, absl::Time now) {
  if (person.revoked) {
    return trust::Refuse(v1::Refusal::REVOKED,
                         absl::StrCat("operator '", person.name, "' was revoked"));
  }
  if (invite.revoked) return NoInvite("was revoked");
  if (invite.used_at != absl::InfinitePast()) {
    // The same key again: the answer was lost.
    return person.keys.current == spki ? absl::OkStatus() : NoInvite("was used already");
  }
  return now < invite.expires_at ? absl::OkStatus() : NoInvite("has expired");
}

}  // namespace

absl::StatusOr<EnrollmentHandlers::Login> EnrollmentHandlers::PrepareLogin(
    const Peer& peer, const v1::FirstLoginRequest& request) {
  const absl::Time now = clock_.WallNow();
  MIG_RETURN_IF_ERROR(limiter_.Admit(peer.address, clock_.MonotonicNow()));
  MIG_RETURN_IF_ERROR(fleet_.CheckNotBehind());
  MIG_ASSIGN_OR_RETURN(
      const trust::TokenSecret secret,
      trust::IdField<trust::TokenSecret>({.parent = "", .index = 0, .name = "token_secret"},
                                         request.token_secret()));
  MIG_ASSIGN_OR_RETURN(const trust::x509::CertificateRequest csr,
                       trust::x509::CertificateRequest::ParseDer(request.csr()));
  const absl::StatusOr<InviteRecord> invite = fleet_.store().GetInvite(trust::HashOf(secret));
  if (absl::IsNotFound(invite.status())) return NoInvite("is not known");
  MIG_RETURN_IF_ERROR(invite.status());
  MIG_ASSIGN_OR_RETURN(OperatorRecord person, fleet_.store().GetOperator(invite->operator_name));
  MIG_RETURN_IF_ERROR(CheckInvite(*invite, person, csr.spki_digest(), now));
  MIG_ASSIGN_OR_RETURN(IssuedChain issued,
                       issuer_.ForOperator(TrustDomain(), person.name, csr.spki(), now));

  Login login;
  login.answer.set_operator_(person.name);
  for (std::string& certificate : issued.chain) {
    login.answer.add_certificate_chain(std::move(certificate));
  }
  for (const std::string& word : SortedRoleWords(person.roles)) login.answer.add_roles(word);

  if (invite->used_at == absl::InfinitePast()) {
    login.batch.push_back(UseInvite{.secret_hash = invite->secret_hash, .at = now});
  }
  person.keys = {.current = csr.spki_digest(), .next = std::nullopt, .former = person.keys.current};
  person.certificate_expires_at = issued.record.expires_at;
  login.batch.push_back(
      AppendAudit{{.at = now,
                   .actor = absl::StrCat("spiffe://", TrustDomain(), "/operator/", person.name),
                   .action = "operator.login",
                   .subject = person.name}});
  login.batch.push_back(UpdateOperator{std::move(person)});
  return login;
}

void EnrollmentHandlers::FirstLogin(const Peer& peer, const v1::FirstLoginRequest& request,
                                    Done<v1::FirstLoginAnswer> done) {
  absl::StatusOr<Login> login = PrepareLogin(peer, request);
  if (!login.ok()) return done(login.status());
  fleet_.Append(std::move(login->batch),
                [answer = std::move(login->answer),
                 done = std::move(done)](const absl::StatusOr<Written>& written) mutable {
                  if (absl::IsAborted(written.status())) return done(NoInvite("was used already"));
                  if (!written.ok()) return done(written.status());
                  done(std::move(answer));
                });
}

}  // namespace mig::coordinator
