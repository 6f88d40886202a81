#include "coordinator/handlers/operators/admin_people.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "coordinator/handlers/loaders/host_keys.h"
#include "coordinator/handlers/operators/method_roles.h"
#include "coordinator/handlers/operators/page.h"
#include "trust/names.h"
#include "trust/refusal.h"
#include "trust/token/token.h"
#include "trust/x509/certificate_request.h"

namespace mig::coordinator {
namespace {

v1::Operator ViewOf(const OperatorIndex::Known& known, absl::string_view trust_domain) {
  v1::Operator view;
  view.set_name(known.record.name);
  for (const v1::AdminRole role : RolesOf(known.record.roles)) view.add_roles(role);
  if (known.record.certificate_expires_at != absl::InfinitePast()) {
    view.set_certificate_expires_ms(absl::ToUnixMillis(known.record.certificate_expires_at));
  }
  if (known.last_seen != absl::InfinitePast()) {
    view.set_last_seen_ms(absl::ToUnixMillis(known.last_seen));
  }
  view.set_revoked(known.record.revoked);
  view.set_spiffe_id(absl::StrCat("spiffe://", trust_domain, "/operator/", known.record.name));
  return view;
}

absl::StatusOr<RoleBits> ReadRoles(const v1::InviteOperatorRequest& request) {
  RoleBits bits = 0;
  for (const int role : request.roles()) {
    if (!v1::AdminRole_IsValid(role) || role == v1::ADMIN_ROLE_UNSPECIFIED) {
      return trust::Refuse(v1::Refusal::MALFORMED, absl::StrCat("there is no role ", role));
    }
    bits |= BitOf(static_cast<v1::AdminRole>(role));
  }
  if (bits == 0) return trust::Refuse(v1::Refusal::MALFORMED, "an operator has a role at least");
  return bits;
}

// Somebody has to be able to invite others.
bool IsLastAdmin(const OperatorIndex& operators, absl::string_view name) {
  const std::vector<OperatorIndex::Known> all = operators.All();
  return std::ranges::none_of(all, [name](const OperatorIndex::Known& one) {
    return one.record.name != name && !one.record.revoked &&
           (one.record.roles & BitOf(v1::ADMIN_ROLE_ADMIN)) != 0;
  });
}

}  // namespace

void AdminPeople::WhoAmI(const Peer& peer, const v1::WhoAmIRequest&, Done<v1::Operator> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "WhoAmI");
  if (!caller.ok()) return done(caller.status());
  done(ViewOf({.record = caller->record, .last_seen = caller->now},
              fleet_.snapshot()->root()->head().trust_domain));
}

void AdminPeople::RenewOperatorCertificate(const Peer& peer,
                                           const v1::RenewOperatorCertificateRequest& request,
                                           Done<v1::RenewOperatorCertificateAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "RenewOperatorCertificate");
  if (!caller.ok()) return done(caller.status());
  if (absl::Status s = fleet_.CheckNotBehind(); !s.ok()) return done(s);
  const absl::StatusOr<trust::x509::CertificateRequest> csr =
      trust::x509::CertificateRequest::ParseDer(request.csr());
  if (!csr.ok()) return done(csr.status());
  absl::StatusOr<IssuedChain> issued = issuer_.ForOperator(
      fleet_.snapshot()->root()->head().trust_domain, caller->name(), csr->spki(), caller->now);
  if (!issued.ok()) return done(issued.status());
  OperatorRecord person = caller->record;
  person.keys = AfterRenewal(person.keys, peer.spki_digest, csr->spki_digest());
  person.certificate_expires_at = issued->record.expires_at;
  v1::RenewOperatorCertificateAnswer answer;
  for (std::string& certificate : issued->chain) {
    answer.add_certificate_chain(std::move(certificate));
  }
  WriteBatch batch = {UpdateOperator{std::move(person)},
                      AppendAudit{AuditOf(*caller, "operator.renew", caller->name(), "", "")}};
  fleet_.Append(std::move(batch), [answer = std::move(answer), done = std::move(done)](
                                      const absl::StatusOr<Written>& written) mutable {
    if (!written.ok()) return done(written.status());
    done(std::move(answer));
  });
}

void AdminPeople::InviteOperator(const Peer& peer, const v1::InviteOperatorRequest& request,
                                 Done<v1::InviteOperatorAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "InviteOperator");
  if (!caller.ok()) return done(caller.status());
  if (!trust::IsOperatorName(request.name())) {
    return done(trust::Refuse(
        v1::Refusal::MALFORMED,
        absl::StrCat("'", base::Escaped(request.name(), 64), "' is no name: [a-z0-9._-]{1,64}")));
  }
  const absl::StatusOr<RoleBits> roles = ReadRoles(request);
  if (!roles.ok()) return done(roles.status());
  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  const trust::Token token{.kind = trust::TokenKind::kOperator,
                           .secret = trust::NewTokenSecret(random_),
                           .root_version = snapshot->root()->version(),
                           .root_digest = snapshot->root().digest()};
  InviteRecord invite{.secret_hash = trust::HashOf(token.secret), .operator_name = request.name()};
  invite.created_at = caller->now;
  invite.expires_at = caller->now + base::kDefaultTokenLife;
  invite.created_by = caller->name();
  v1::InviteOperatorAnswer answer;
  answer.set_token_text(trust::PrintToken(token));
  answer.set_expires_ms(absl::ToUnixMillis(invite.expires_at));

  WriteBatch batch;
  absl::StatusOr<OperatorIndex::Known> known = fleet_.operators().Find(request.name());
  if (known.ok()) {
    OperatorRecord person = std::move(known->record);
    person.roles = *roles;
    // Who was revoked comes back by the invitation alone, not with a key of before.
    if (std::exchange(person.revoked, false)) person.keys = {};
    batch.push_back(UpdateOperator{std::move(person)});
  } else {
    OperatorRecord person;
    person.name = request.name();
    person.roles = *roles;
    person.created_at = caller->now;
    batch.push_back(InsertOperator{std::move(person)});
  }
  batch.push_back(RevokeInvites{.operator_name = request.name()});
  batch.push_back(InsertInvite{std::move(invite)});
  batch.push_back(
      AppendAudit{AuditOf(*caller, "operator.invite", request.name(), "", RoleWords(*roles))});
  fleet_.Append(std::move(batch), [answer = std::move(answer), done = std::move(done)](
                                      const absl::StatusOr<Written>& written) mutable {
    if (!written.ok()) return done(written.status());
    done(std::move(answer));
  });
}

void AdminPeople::ListOperators(const Peer& peer, const v1::ListOperatorsRequest& request,
                                Done<v1::ListOperatorsAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "ListOperators");
  if (!caller.ok()) return done(caller.status());
  const absl::StatusOr<size_t> rows = PageRows(request.page());
  if (!rows.ok()) return done(rows.status());
  const std::string domain = fleet_.snapshot()->root()->head().trust_domain;
  v1::ListOperatorsAnswer answer;
  for (const OperatorIndex::Known& known : fleet_.operators().All()) {
    if (known.record.name <= request.page().token()) continue;
    if (static_cast<size_t>(answer.operators_size()) == *rows) {
      answer.set_next_token(answer.operators().rbegin()->name());
      break;
    }
    *answer.add_operators() = ViewOf(known, domain);
  }
  done(std::move(answer));
}

void AdminPeople::RevokeOperator(const Peer& peer, const v1::RevokeOperatorRequest& request,
                                 Done<v1::Operator> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "RevokeOperator");
  if (!caller.ok()) return done(caller.status());
  if (absl::Status s = CheckReason(request.why().reason(), Needed::kYes); !s.ok()) return done(s);
  absl::StatusOr<OperatorIndex::Known> known = fleet_.operators().Find(request.name());
  if (!known.ok()) return done(known.status());
  if (IsLastAdmin(fleet_.operators(), request.name())) {
    return done(trust::Refuse(
        v1::Refusal::SECOND_PERSON,
        absl::StrCat("'", request.name(), "' is the last administrator; invite another first")));
  }
  known->record.revoked = true;
  WriteBatch batch = {
      UpdateOperator{known->record}, RevokeInvites{.operator_name = request.name()},
      AppendAudit{AuditOf(*caller, "operator.revoke", request.name(), request.why().reason(), "")}};
  fleet_.Append(std::move(batch),
                [view = ViewOf(*known, peer.id->trust_domain()),
                 done = std::move(done)](const absl::StatusOr<Written>& written) mutable {
                  if (!written.ok()) return done(written.status());
                  done(std::move(view));
                });
}

}  // namespace mig::coordinator
