// EnrollmentHandlers::Enroll and PollEnrollment: one use of a token, one identity.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/handlers/enroll/enrollment_handlers.h"
#include "coordinator/handlers/enroll/new_host.h"
#include "coordinator/handlers/operators/cut_text.h"
#include "rollout/facts.h"
#include "trust/fields.h"
#include "trust/refusal.h"
#include "trust/token/token.h"

namespace mig::coordinator {
namespace {

trust::FieldName Field(absl::string_view name) { return {.parent = "", .index = 0, .name = name}; }

absl::Status NoToken(absl::string_view why) {
  return trust::Refuse(v1::Refusal::TOKEN,
                       absl::StrCat("this token ", why, "; ask an operator for another one"));
}

// What a batch was refused with, in the words of a caller.
absl::Status TokenRefusal(const absl::Status& refused) {
  switch (refused.code()) {
    case absl::StatusCode::kNotFound:
      return NoToken("is not known");
    case absl::StatusCode::kFailedPrecondition:
      return NoToken("has expired");
    case absl::StatusCode::kPermissionDenied:
      return NoToken("was revoked");
    case absl::StatusCode::kAborted:
      return NoToken("was used already");
    default:
      return refused;
  }
}

// The queue and a used-up token have one code; a token says so itself.
absl::Status CheckToken(const TokenRecord& token, absl::Time now) {
  if (token.revoked) return NoToken("was revoked");
  if (now >= token.expires_at) return NoToken("has expired");
  if (token.uses >= token.limit) return NoToken("is used up");
  return absl::OkStatus();
}

v1::EnrollAnswer IssuedAnswer(const IssuedChain& issued, const HostId& host) {
  v1::EnrollAnswer answer;
  for (const std::string& certificate : issued.chain) {
    answer.mutable_issued()->add_certificate_chain(certificate);
  }
  answer.mutable_issued()->set_host_id(std::string(host.bytes()));
  return answer;
}

v1::EnrollAnswer PendingAnswer(const EnrollmentId& id, uint64_t number, absl::Duration poll_after) {
  v1::EnrollAnswer answer;
  answer.mutable_pending()->set_request_id(std::string(id.bytes()));
  answer.mutable_pending()->set_poll_after_ms(absl::ToInt64Milliseconds(poll_after));
  answer.mutable_pending()->set_name(absl::StrCat("e-", number));
  return answer;
}

v1::EnrollAnswer DeniedAnswer(v1::Refusal::Code code, absl::string_view text) {
  v1::EnrollAnswer answer;
  answer.mutable_denied()->set_code(code);
  answer.mutable_denied()->set_text(std::string(text));
  return answer;
}

}  // namespace

absl::StatusOr<EnrollmentHandlers::Newcomer> EnrollmentHandlers::ReadNewcomer(
    const Peer& peer, const v1::EnrollRequest& request) {
  const absl::Time now = clock_.WallNow();
  MIG_RETURN_IF_ERROR(limiter_.Admit(peer.address, clock_.MonotonicNow()));
  MIG_RETURN_IF_ERROR(fleet_.CheckNotBehind());
  MIG_ASSIGN_OR_RETURN(
      const trust::TokenSecret secret,
      trust::IdField<trust::TokenSecret>(Field("token_secret"), request.token_secret()));
  MIG_ASSIGN_OR_RETURN(trust::x509::CertificateRequest csr,
                       trust::x509::CertificateRequest::ParseDer(request.csr()));
  MIG_ASSIGN_OR_RETURN(const base::Digest machine,
                       trust::DigestField(Field("machine"), request.machine()));
  MIG_ASSIGN_OR_RETURN(const base::Digest root,
                       trust::DigestField(Field("root_digest"), request.root_digest()));
  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  const bool ours =
      std::ranges::any_of(snapshot->roots(), [&](const trust::Verified<trust::Root>& one) {
        return one->version() == request.root_version() && one.digest() == root;
      });
  if (!ours) {
    return trust::Refuse(v1::Refusal::ROOT_VERSION,
                         absl::StrCat("root ", request.root_version(),
                                      " of this host is none of this coordinator's; check which "
                                      "coordinator and which packaged root it has"));
  }
  const HostId id = csr.host_id();
  MIG_RETURN_IF_ERROR(
      rollout::Facts::From({.host_id = id, .machine = machine}, request.environment(), {})
          .status());
  absl::StatusOr<TokenRecord> token = fleet_.store().GetToken(trust::HashOf(secret));
  if (absl::IsNotFound(token.status())) return NoToken("is not known");
  MIG_RETURN_IF_ERROR(token.status());
  return Newcomer{
      .id = id, .csr = std::move(csr), .machine = machine, .token = *std::move(token), .now = now};
}

void EnrollmentHandlers::Enroll(const Peer& peer, const v1::EnrollRequest& request,
                                Done<v1::EnrollAnswer> done) {
  absl::StatusOr<Newcomer> newcomer = ReadNewcomer(peer, request);
  if (!newcomer.ok()) return done(newcomer.status());

  const absl::StatusOr<HostRecord> known = fleet_.store().GetHost(newcomer->id);
  if (known.ok()) return EnrollAgain(*newcomer, *known, std::move(done));
  if (!absl::IsNotFound(known.status())) return done(known.status());
  if (newcomer->token.approval == Approval::kManual) {
    return AskOperator(peer, request, *newcomer, std::move(done));
  }
  if (absl::Status s = CheckToken(newcomer->token, newcomer->now); !s.ok()) return done(s);

  HostRecord record = NewHost(newcomer->id, newcomer->machine, newcomer->token,
                              request.environment(), newcomer->now);
  record.keys.current = newcomer->csr.spki_digest();
  absl::StatusOr<IssuedChain> issued =
      issuer_.ForHost(TrustDomain(), newcomer->id, newcomer->csr.spki(), newcomer->now);
  if (!issued.ok()) return done(issued.status());
  WriteBatch batch = {UseToken{.secret_hash = newcomer->token.secret_hash, .at = newcomer->now},
                      InsertHost{std::move(record)}, InsertCertificate{issued->record}};
  fleet_.Append(std::move(batch),
                [this, newcomer = *std::move(newcomer), issued = *std::move(issued),
                 done = std::move(done)](const absl::StatusOr<Written>& written) mutable {
                  if (written.ok()) return done(IssuedAnswer(issued, newcomer.id));
                  EndRace(newcomer, written.status(), std::move(done));
                });
}

// The batch was refused: by another request of the same host, or by the token.
void EnrollmentHandlers::EndRace(const Newcomer& newcomer, const absl::Status& refused,
                                 Done<v1::EnrollAnswer> done) {
  if (absl::IsAlreadyExists(refused) || absl::IsResourceExhausted(refused)) {
    const absl::StatusOr<HostRecord> known = fleet_.store().GetHost(newcomer.id);
    if (known.ok()) return EnrollAgain(newcomer, *known, std::move(done));
    const absl::StatusOr<TokenRecord> token = fleet_.store().GetToken(newcomer.token.secret_hash);
    if (token.ok()) {
      if (absl::Status s = CheckToken(*token, newcomer.now); !s.ok()) return done(s);
    }
  }
  done(TokenRefusal(refused));
}

// The same key again: an answer was lost, or its owner lost the certificate. It shows that it has
// the key, and is let in once already, so no use of the token is counted.
void EnrollmentHandlers::EnrollAgain(const Newcomer& newcomer, const HostRecord& known,
                                     Done<v1::EnrollAnswer> done) {
  if (known.state == HostState::kRevoked) {
    return done(trust::Refuse(v1::Refusal::REVOKED,
                              "this key was revoked; remove the loader's state and enroll anew"));
  }
  const bool same_token = known.token_number == newcomer.token.number;
  if (!same_token || known.keys.current != newcomer.csr.spki_digest()) {
    return done(trust::Refuse(v1::Refusal::EXISTS,
                              "this host is enrolled already; it renews its certificate instead"));
  }
  Reissue(known.id, newcomer.csr.spki(), newcomer.now, std::move(done));
}

void EnrollmentHandlers::Reissue(const HostId& host, absl::string_view spki, absl::Time now,
                                 Done<v1::EnrollAnswer> done) {
  if (absl::Status s = host_limiter_.Admit(host, HostCall::kRenew, clock_.MonotonicNow());
      !s.ok()) {
    return done(s);
  }
  absl::StatusOr<IssuedChain> issued = issuer_.ForHost(TrustDomain(), host, spki, now);
  if (!issued.ok()) return done(issued.status());
  WriteBatch batch = {InsertCertificate{issued->record}};
  fleet_.Append(std::move(batch), [host, issued = *std::move(issued), done = std::move(done)](
                                      const absl::StatusOr<Written>& written) mutable {
    if (!written.ok()) return done(written.status());
    done(IssuedAnswer(issued, host));
  });
}

// A use is counted when it is asked for, so that one token cannot fill the operators' list.
void EnrollmentHandlers::AskOperator(const Peer& peer, const v1::EnrollRequest& request,
                                     const Newcomer& newcomer, Done<v1::EnrollAnswer> done) {
  const absl::StatusOr<EnrollmentRecord> before =
      fleet_.store().FindEnrollment(newcomer.token.number, newcomer.id);
  if (before.ok()) return AnswerEnrollment(*before, std::move(done));
  if (absl::Status s = CheckToken(newcomer.token, newcomer.now); !s.ok()) return done(s);

  EnrollmentRecord record{.id = EnrollmentId::Random(random_), .host = newcomer.id};
  record.token_number = newcomer.token.number;
  record.csr = request.csr();
  record.environment = request.environment().SerializeAsString();
  record.machine = newcomer.machine;
  record.seen_address = peer.address.substr(0, base::kMaxAddressTextBytes);
  record.asked_at = newcomer.now;
  const EnrollmentId id = record.id;
  WriteBatch batch = {UseToken{.secret_hash = newcomer.token.secret_hash, .at = newcomer.now},
                      InsertEnrollment{std::move(record)}};
  fleet_.Append(std::move(batch), [this, id, newcomer, done = std::move(done)](
                                      const absl::StatusOr<Written>& written) mutable {
    if (written.ok()) {
      return done(PendingAnswer(id, written->rows.back().number, options_.poll_after));
    }
    const absl::StatusOr<EnrollmentRecord> other =
        fleet_.store().FindEnrollment(newcomer.token.number, newcomer.id);
    if (other.ok()) return AnswerEnrollment(*other, std::move(done));
    EndRace(newcomer, written.status(), std::move(done));
  });
}

void EnrollmentHandlers::AnswerEnrollment(const EnrollmentRecord& enrollment,
                                          Done<v1::EnrollAnswer> done) {
  switch (enrollment.state) {
    case EnrollmentState::kPending:
      return done(PendingAnswer(enrollment.id, enrollment.number, options_.poll_after));
    case EnrollmentState::kDenied:
      return done(DeniedAnswer(v1::Refusal::DENIED, CutText(enrollment.reason, 256)));
    case EnrollmentState::kApproved:
      break;
  }
  const absl::StatusOr<HostRecord> host = fleet_.store().GetHost(enrollment.host);
  const absl::StatusOr<trust::x509::CertificateRequest> csr =
      trust::x509::CertificateRequest::ParseDer(enrollment.csr);
  if (!host.ok()) return done(host.status());
  if (!csr.ok()) return done(csr.status());
  if (host->state != HostState::kEnabled) {
    return done(DeniedAnswer(v1::Refusal::REVOKED, "this host was revoked or disabled"));
  }
  if (host->keys.current != csr->spki_digest()) {
    return done(DeniedAnswer(v1::Refusal::EXISTS, "this host has renewed its key since"));
  }
  Reissue(enrollment.host, csr->spki(), clock_.WallNow(), std::move(done));
}

void EnrollmentHandlers::PollEnrollment(const Peer& peer, const v1::PollEnrollmentRequest& request,
                                        Done<v1::EnrollAnswer> done) {
  if (absl::Status s = limiter_.Admit(peer.address, clock_.MonotonicNow()); !s.ok()) return done(s);
  if (absl::Status s = fleet_.CheckNotBehind(); !s.ok()) return done(s);
  const absl::StatusOr<EnrollmentId> id =
      trust::IdField<EnrollmentId>(Field("request_id"), request.request_id());
  if (!id.ok()) return done(id.status());
  const absl::StatusOr<EnrollmentRecord> enrollment = fleet_.store().GetEnrollment(*id);
  if (absl::IsNotFound(enrollment.status())) {
    return done(DeniedAnswer(v1::Refusal::NOT_FOUND, "nothing waits under this id; enroll again"));
  }
  if (!enrollment.ok()) return done(enrollment.status());
  AnswerEnrollment(*enrollment, std::move(done));
}

}  // namespace mig::coordinator
