// Which member of a record lies in which column: said once for each table. What is done with a
// column (named, bound, read back) is the visitor's, of sqlite_rows.h. A new column: a line here,
// and a migration in sqlite_schema.cc.

#ifndef MIG_COORDINATOR_STORE_SQLITE_COLUMNS_H_
#define MIG_COORDINATOR_STORE_SQLITE_COLUMNS_H_

#include <concepts>
#include <type_traits>

#include "absl/strings/string_view.h"
#include "coordinator/store/audit_record.h"
#include "coordinator/store/document_record.h"
#include "coordinator/store/enrollment_record.h"
#include "coordinator/store/host_record.h"
#include "coordinator/store/offer_record.h"
#include "coordinator/store/operator_record.h"
#include "coordinator/store/outcome_record.h"
#include "coordinator/store/rollout_event.h"
#include "coordinator/store/token_record.h"

namespace mig::coordinator {

// A record that is read or, const, written.
template <typename T, typename Record>
concept Of = std::same_as<std::remove_const_t<T>, Record>;

// A visitor takes `to(column, member)`; `to.Blob` for bytes that are no text, `to.Enum` for an
// enumeration from 1 to its last, `to.Given` for a number that the store itself gives out.

template <typename To, Of<HostRecord> Record>
void VisitColumns(To& to, Record& record) {
  to("id", record.id);
  to("revision", record.revision);
  to.Enum("state", record.state, HostState::kRevoked);
  to("key_current", record.keys.current);
  to("key_next", record.keys.next);
  to("key_former", record.keys.former);
  to("name", record.name);
  to("labels", record.labels);
  to("expected_environment", record.expected_environment);
  to("machine", record.machine);
  to("enrolled_at", record.enrolled_at);
  to("token_number", record.token_number);
  to("clones_seen", record.clones_seen);
}

template <typename To, Of<HostSeenRecord> Record>
void VisitColumns(To& to, Record& record) {
  to("id", record.id);
  to("last_seen", record.last_seen);
  to("seen_address", record.seen_address);
  to.Blob("environment", record.environment);
  to.Blob("summary", record.summary);
  to("machine", record.machine);
  to("answer_issued", record.answer_issued);
  to("answer_returned", record.answer_returned);
}

template <typename To, Of<CertificateRecord> Record>
void VisitColumns(To& to, Record& record) {
  to.Blob("serial", record.serial);
  to("host", record.host);
  to("spki", record.spki);
  to("issued_at", record.issued_at);
  to("expires_at", record.expires_at);
}

template <typename To, Of<DocumentRecord> Record>
void VisitColumns(To& to, Record& record) {
  to("digest", record.digest);
  to("revision", record.revision);
  to.Enum("type", record.type, DocumentType::kPlan);
  to.Enum("state", record.state, DocumentState::kComplete);
  to.Blob("envelope", record.envelope);
  to("line", record.line);
  to("epoch", record.epoch);
  to("sequence", record.sequence);
  to("title", record.title);
  to("rollout", record.rollout);
  to("issued_at", record.issued_at);
  to("added_at", record.added_at);
  to("added_by", record.added_by);
}

template <typename To, Of<OfferRecord> Record>
void VisitColumns(To& to, Record& record) {
  to("rollout", record.rollout);
  to("host", record.host);
  to.Enum("kind", record.kind, OfferKind::kBaseline);
  to("wave", record.wave);
  to("at", record.at);
  to("plan", record.plan);
  to("counted", record.counted);
}

template <typename To, Of<OutcomeRecord> Record>
void VisitColumns(To& to, Record& record) {
  to.Given("number", record.number);
  to("host", record.host);
  to("attempt", record.attempt);
  to("rollout", record.rollout);
  to("received_at", record.received_at);
  to("counted", record.counted);
  to.Blob("outcome", record.outcome);
}

template <typename To, Of<RolloutEvent> Record>
void VisitColumns(To& to, Record& record) {
  to("rollout", record.rollout);
  to("seq", record.seq);
  to.Enum("kind", record.kind, RolloutEventKind::kEnded);
  to("at", record.at);
  to("plan", record.plan);
  to("wave", record.wave);
  to("actor", record.actor);
  to("reason", record.reason);
  to.Blob("detail", record.detail);
}

template <typename To, Of<TokenRecord> Record>
void VisitColumns(To& to, Record& record) {
  to.Given("number", record.number);
  to("secret_hash", record.secret_hash);
  to("uses", record.uses);
  to("use_limit", record.limit);
  to("created_at", record.created_at);
  to("expires_at", record.expires_at);
  to("last_used_at", record.last_used_at);
  to.Enum("approval", record.approval, Approval::kManual);
  to("labels", record.labels);
  to("created_by", record.created_by);
  to("revoked", record.revoked);
}

template <typename To, Of<EnrollmentRecord> Record>
void VisitColumns(To& to, Record& record) {
  to.Given("number", record.number);
  to("id", record.id);
  to.Enum("state", record.state, EnrollmentState::kDenied);
  to("host", record.host);
  to("token_number", record.token_number);
  to.Blob("csr", record.csr);
  to.Blob("environment", record.environment);
  to("machine", record.machine);
  to("seen_address", record.seen_address);
  to("asked_at", record.asked_at);
  to("decided_at", record.decided_at);
  to("decided_by", record.decided_by);
  to("reason", record.reason);
}

template <typename To, Of<OperatorRecord> Record>
void VisitColumns(To& to, Record& record) {
  to("name", record.name);
  to("revision", record.revision);
  to("roles", record.roles);
  to("key_current", record.keys.current);
  to("key_next", record.keys.next);
  to("key_former", record.keys.former);
  to("certificate_expires_at", record.certificate_expires_at);
  to("created_at", record.created_at);
  to("revoked", record.revoked);
}

template <typename To, Of<InviteRecord> Record>
void VisitColumns(To& to, Record& record) {
  to("secret_hash", record.secret_hash);
  to("operator_name", record.operator_name);
  to("created_at", record.created_at);
  to("expires_at", record.expires_at);
  to("created_by", record.created_by);
  to("used_at", record.used_at);
  to("revoked", record.revoked);
}

template <typename To, Of<AuditRecord> Record>
void VisitColumns(To& to, Record& record) {
  to("seq", record.seq);
  to("at", record.entry.at);
  to("actor", record.entry.actor);
  to("action", record.entry.action);
  to("subject", record.entry.subject);
  to("reason", record.entry.reason);
  to("difference", record.entry.difference);
  to("prev", record.prev);
  to("hash", record.hash);
}

// The table of a record.
template <typename Record>
inline constexpr absl::string_view kTableOf = "";
template <>
inline constexpr absl::string_view kTableOf<HostRecord> = "host";
template <>
inline constexpr absl::string_view kTableOf<HostSeenRecord> = "host_seen";
template <>
inline constexpr absl::string_view kTableOf<CertificateRecord> = "certificate";
template <>
inline constexpr absl::string_view kTableOf<DocumentRecord> = "document";
template <>
inline constexpr absl::string_view kTableOf<OfferRecord> = "offer";
template <>
inline constexpr absl::string_view kTableOf<OutcomeRecord> = "outcome";
template <>
inline constexpr absl::string_view kTableOf<RolloutEvent> = "rollout_event";
template <>
inline constexpr absl::string_view kTableOf<TokenRecord> = "token";
template <>
inline constexpr absl::string_view kTableOf<EnrollmentRecord> = "enrollment";
template <>
inline constexpr absl::string_view kTableOf<OperatorRecord> = "operator";
template <>
inline constexpr absl::string_view kTableOf<InviteRecord> = "invite";
template <>
inline constexpr absl::string_view kTableOf<AuditRecord> = "audit";

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_SQLITE_COLUMNS_H_
