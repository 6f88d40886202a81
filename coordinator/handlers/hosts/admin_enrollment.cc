#include "coordinator/handlers/hosts/admin_enrollment.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "coordinator/handlers/operators/page.h"
#include "trust/fields.h"
#include "trust/names.h"
#include "trust/refusal.h"
#include "trust/token/token.h"

namespace mig::coordinator {
namespace {

constexpr absl::Duration kLeastTokenLife = absl::Minutes(1);
constexpr absl::Duration kMostTokenLife = absl::Hours(24 * 90);

absl::StatusOr<std::vector<Label>> ReadLabels(const v1::CreateTokenRequest& request) {
  std::vector<Label> labels;
  const trust::FieldName field{.parent = "", .index = 0, .name = "labels"};
  MIG_RETURN_IF_ERROR(trust::CheckCount(field, request.labels_size(), 0, base::kMaxLabels));
  MIG_RETURN_IF_ERROR(trust::CheckSorted(field, request.labels(),
                                         [](const v1::Tag& label) { return label.name(); }));
  for (const v1::Tag& label : request.labels()) {
    const bool fits = trust::IsTagName(label.name()) &&
                      label.value().size() <= base::kMaxLabelBytes &&
                      base::CheckText(label.value()).ok();
    if (!fits) return trust::MalformedField(field, "has a name or value that is none");
    labels.push_back({label.name(), label.value()});
  }
  return labels;
}

absl::StatusOr<TokenRecord> ReadToken(const v1::CreateTokenRequest& request, const Caller& caller) {
  TokenRecord record;
  record.limit = request.uses() == 0 ? 1 : request.uses();
  MIG_RETURN_IF_ERROR(trust::CheckRange({.parent = "", .index = 0, .name = "uses"}, record.limit, 1,
                                        base::kMaxTokenUses));
  absl::Duration life = base::kDefaultTokenLife;
  if (request.life_ms() != 0) {
    MIG_ASSIGN_OR_RETURN(
        life, trust::SpanField({.parent = "", .index = 0, .name = "life_ms"}, request.life_ms(),
                               kLeastTokenLife, kMostTokenLife));
  }
  MIG_ASSIGN_OR_RETURN(record.labels, ReadLabels(request));
  record.created_at = caller.now;
  record.expires_at = caller.now + life;
  record.approval = request.manual_approval() ? Approval::kManual : Approval::kAutomatic;
  record.created_by = caller.name();
  return record;
}

v1::Token TokenOf(const TokenRecord& record) {
  v1::Token token;
  token.set_name(absl::StrCat("t-", record.number));
  token.set_uses(record.limit);
  token.set_used(record.uses);
  if (record.last_used_at != absl::InfinitePast()) {
    token.set_last_used_ms(absl::ToUnixMillis(record.last_used_at));
  }
  token.set_expires_ms(absl::ToUnixMillis(record.expires_at));
  for (const Label& label : record.labels) {
    v1::Tag& added = *token.add_labels();
    added.set_name(label.name);
    added.set_value(label.value);
  }
  token.set_manual_approval(record.approval == Approval::kManual);
  token.set_created_by(record.created_by);
  token.set_created_ms(absl::ToUnixMillis(record.created_at));
  token.set_revoked(record.revoked);
  return token;
}

}  // namespace

void AdminEnrollment::CreateToken(const Peer& peer, const v1::CreateTokenRequest& request,
                                  Done<v1::CreateTokenAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "CreateToken");
  if (!caller.ok()) return done(caller.status());
  absl::StatusOr<TokenRecord> record = ReadToken(request, *caller);
  if (!record.ok()) return done(record.status());
  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  const trust::Token token{.kind = trust::TokenKind::kHost,
                           .secret = trust::NewTokenSecret(random_),
                           .root_version = snapshot->root()->version(),
                           .root_digest = snapshot->root().digest()};
  record->secret_hash = trust::HashOf(token.secret);
  v1::CreateTokenAnswer answer;
  answer.set_token_text(trust::PrintToken(token));
  *answer.mutable_token() = TokenOf(*record);
  WriteBatch batch = {InsertToken{*record},
                      AppendAudit{AuditOf(*caller, "token.create", "", "",
                                          absl::StrCat("uses ", record->limit, ", expires ",
                                                       absl::FormatTime(record->expires_at,
                                                                        absl::UTCTimeZone())))}};
  fleet_.Append(std::move(batch), [answer = std::move(answer), done = std::move(done)](
                                      const absl::StatusOr<Written>& written) mutable {
    if (!written.ok()) return done(written.status());
    answer.mutable_token()->set_name(absl::StrCat("t-", written->rows.front().number));
    done(std::move(answer));
  });
}

void AdminEnrollment::ListTokens(const Peer& peer, const v1::ListTokensRequest& request,
                                 Done<v1::ListTokensAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "ListTokens");
  if (!caller.ok()) return done(caller.status());
  const absl::StatusOr<size_t> rows = PageRows(request.page());
  if (!rows.ok()) return done(rows.status());
  const absl::StatusOr<uint64_t> before = NumberToken(request.page());
  if (!before.ok()) return done(before.status());
  const absl::StatusOr<std::vector<TokenRecord>> tokens = fleet_.store().ListTokens(*before, *rows);
  if (!tokens.ok()) return done(tokens.status());
  v1::ListTokensAnswer answer;
  for (const TokenRecord& record : *tokens) *answer.add_tokens() = TokenOf(record);
  if (tokens->size() == *rows) answer.set_next_token(absl::StrCat(tokens->back().number));
  done(std::move(answer));
}

void AdminEnrollment::RevokeToken(const Peer& peer, const v1::RevokeTokenRequest& request,
                                  Done<v1::Token> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "RevokeToken");
  if (!caller.ok()) return done(caller.status());
  if (absl::Status s = CheckReason(request.why().reason(), Needed::kYes); !s.ok()) return done(s);
  const absl::StatusOr<uint64_t> number = NumberedName(request.name(), "t-");
  if (!number.ok()) return done(number.status());
  WriteBatch batch = {
      mig::coordinator::RevokeToken{.number = *number},
      AppendAudit{AuditOf(*caller, "token.revoke", request.name(), request.why().reason(), "")}};
  fleet_.Append(std::move(batch), [this, number = *number, name = request.name(),
                                   done = std::move(done)](
                                      const absl::StatusOr<Written>& written) mutable {
    if (absl::IsNotFound(written.status())) {
      return done(trust::Refuse(v1::Refusal::NOT_FOUND, absl::StrCat("there is no token ", name)));
    }
    if (!written.ok()) return done(written.status());
    const absl::StatusOr<TokenRecord> token = fleet_.store().GetTokenByNumber(number);
    if (!token.ok()) return done(token.status());
    done(TokenOf(*token));
  });
}

}  // namespace mig::coordinator
