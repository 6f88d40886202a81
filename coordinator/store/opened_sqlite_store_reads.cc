// Reading: each call is one statement on a connection of its own.

#include "base/status_macros.h"
#include "coordinator/store/audit_chain.h"
#include "coordinator/store/opened_sqlite_store.h"
#include "coordinator/store/sqlite_reads.h"
#include "coordinator/store/sqlite_schema.h"

namespace mig::coordinator {
namespace {

// Where a page that goes down from the newest begins; 0 stands for the newest.
uint64_t Below(uint64_t before) { return before == 0 ? uint64_t{INT64_MAX} : before; }

}  // namespace

absl::StatusOr<AuditHead> VerifyAuditLog(Connection& connection) {
  MIG_RETURN_IF_ERROR(connection.Execute("BEGIN"));
  AuditChain chain;
  absl::Status defect;
  absl::Status status =
      ReadEach<AuditRecord>(connection, "ORDER BY seq", BindNothing, [&](AuditRecord record) {
        if (defect.ok()) defect = chain.Add(record);
      });
  absl::StatusOr<StoreMeta> meta = ReadMeta(connection);
  MIG_RETURN_IF_ERROR(connection.Execute("COMMIT"));
  MIG_RETURN_IF_ERROR(status);
  MIG_RETURN_IF_ERROR(meta.status());
  MIG_RETURN_IF_ERROR(defect);
  MIG_RETURN_IF_ERROR(chain.CheckHead(meta->audit));
  return chain.head();
}

template <typename Record>
absl::Status OpenedSqliteStore::Each(absl::string_view clause, absl::FunctionRef<void(Run&)> bind,
                                     Visit<Record> visit) {
  MIG_ASSIGN_OR_RETURN(auto connection, readers_.Take());
  return ReadEach<Record>(**connection, clause, bind, visit);
}

template <typename Record>
absl::StatusOr<Record> OpenedSqliteStore::One(absl::string_view clause,
                                              absl::FunctionRef<void(Run&)> bind,
                                              absl::string_view what) {
  MIG_ASSIGN_OR_RETURN(auto connection, readers_.Take());
  return ReadOne<Record>(**connection, clause, bind, what);
}

template <typename Record>
absl::StatusOr<std::vector<Record>> OpenedSqliteStore::Page(absl::string_view clause,
                                                            absl::FunctionRef<void(Run&)> bind,
                                                            size_t limit) {
  MIG_ASSIGN_OR_RETURN(auto connection, readers_.Take());
  return ReadPage<Record>(**connection, clause, bind, limit);
}

absl::StatusOr<StoreMeta> OpenedSqliteStore::GetMeta() {
  MIG_ASSIGN_OR_RETURN(auto connection, readers_.Take());
  return ReadMeta(**connection);
}

absl::StatusOr<AuditHead> OpenedSqliteStore::VerifyAudit() {
  MIG_ASSIGN_OR_RETURN(auto connection, readers_.Take());
  return VerifyAuditLog(**connection);
}

// --- Everything

absl::Status OpenedSqliteStore::ForEachHost(Visit<HostRecord> visit) {
  return Each<HostRecord>("ORDER BY id", BindNothing, visit);
}

absl::Status OpenedSqliteStore::ForEachSeen(Visit<HostSeenRecord> visit) {
  return Each<HostSeenRecord>("ORDER BY id", BindNothing, visit);
}

absl::Status OpenedSqliteStore::ForEachDocument(Visit<DocumentRecord> visit) {
  return Each<DocumentRecord>("ORDER BY digest", BindNothing, visit);
}

absl::Status OpenedSqliteStore::ForEachEvent(Visit<RolloutEvent> visit) {
  return Each<RolloutEvent>("ORDER BY rollout, seq", BindNothing, visit);
}

absl::Status OpenedSqliteStore::ForEachOffer(const RolloutId& rollout, Visit<OfferRecord> visit) {
  return Each<OfferRecord>(
      "WHERE rollout = ? ORDER BY host", [&](Run& run) { run.Id(rollout); }, visit);
}

absl::Status OpenedSqliteStore::ForEachOutcome(const RolloutId& rollout,
                                               Visit<OutcomeRecord> visit) {
  return Each<OutcomeRecord>(
      "WHERE rollout = ? ORDER BY number", [&](Run& run) { run.Id(rollout); }, visit);
}

absl::Status OpenedSqliteStore::ForEachOperator(Visit<OperatorRecord> visit) {
  return Each<OperatorRecord>("ORDER BY name", BindNothing, visit);
}

// --- One row

absl::StatusOr<HostRecord> OpenedSqliteStore::GetHost(const HostId& id) {
  return One<HostRecord>(
      "WHERE id = ?", [&](Run& run) { run.Id(id); }, absl::StrCat("host ", id.ToHex()));
}

absl::StatusOr<HostSeenRecord> OpenedSqliteStore::GetSeen(const HostId& id) {
  return One<HostSeenRecord>(
      "WHERE id = ?", [&](Run& run) { run.Id(id); }, absl::StrCat("check-in of host ", id.ToHex()));
}

absl::StatusOr<DocumentRecord> OpenedSqliteStore::GetDocument(const base::Digest& digest) {
  return One<DocumentRecord>(
      "WHERE digest = ?", [&](Run& run) { run.Digest(digest); },
      absl::StrCat("document ", digest.ToHex()));
}

absl::StatusOr<OfferRecord> OpenedSqliteStore::GetOffer(const HostId& host,
                                                        const RolloutId& rollout) {
  return One<OfferRecord>(
      "WHERE rollout = ? AND host = ?", [&](Run& run) { run.Id(rollout).Id(host); },
      absl::StrCat("offer of rollout ", rollout.ToHex(), " to host ", host.ToHex()));
}

absl::StatusOr<OutcomeRecord> OpenedSqliteStore::GetOutcome(const HostId& host,
                                                            const AttemptId& attempt) {
  return One<OutcomeRecord>(
      "WHERE host = ? AND attempt = ?", [&](Run& run) { run.Id(host).Id(attempt); },
      absl::StrCat("outcome of attempt ", attempt.ToHex(), " of host ", host.ToHex()));
}

absl::StatusOr<TokenRecord> OpenedSqliteStore::GetToken(const base::Digest& secret_hash) {
  return One<TokenRecord>(
      "WHERE secret_hash = ?", [&](Run& run) { run.Digest(secret_hash); }, "such token");
}

absl::StatusOr<TokenRecord> OpenedSqliteStore::GetTokenByNumber(uint64_t number) {
  return One<TokenRecord>(
      "WHERE number = ?", [&](Run& run) { run.Number(number); }, absl::StrCat("token t-", number));
}

absl::StatusOr<EnrollmentRecord> OpenedSqliteStore::GetEnrollment(const EnrollmentId& id) {
  return One<EnrollmentRecord>(
      "WHERE id = ?", [&](Run& run) { run.Id(id); }, "such enrollment");
}

absl::StatusOr<EnrollmentRecord> OpenedSqliteStore::GetEnrollmentByNumber(uint64_t number) {
  return One<EnrollmentRecord>(
      "WHERE number = ?", [&](Run& run) { run.Number(number); },
      absl::StrCat("enrollment e-", number));
}

absl::StatusOr<EnrollmentRecord> OpenedSqliteStore::FindEnrollment(uint64_t token_number,
                                                                   const HostId& host) {
  return One<EnrollmentRecord>(
      "WHERE token_number = ? AND host = ?", [&](Run& run) { run.Number(token_number).Id(host); },
      absl::StrCat("enrollment of host ", host.ToHex(), " with token t-", token_number));
}

absl::StatusOr<OperatorRecord> OpenedSqliteStore::GetOperator(absl::string_view name) {
  return One<OperatorRecord>(
      "WHERE name = ?", [&](Run& run) { run.Text(name); }, absl::StrCat("operator ", name));
}

absl::StatusOr<InviteRecord> OpenedSqliteStore::GetInvite(const base::Digest& secret_hash) {
  return One<InviteRecord>(
      "WHERE secret_hash = ?", [&](Run& run) { run.Digest(secret_hash); }, "such invitation");
}

// --- Pages

absl::StatusOr<std::vector<HostRecord>> OpenedSqliteStore::ListHosts(
    const std::optional<HostId>& after, size_t limit) {
  const absl::string_view from = after.has_value() ? after->bytes() : "";
  return Page<HostRecord>(
      "WHERE id > ? ORDER BY id", [&](Run& run) { run.Blob(from); }, limit);
}

absl::StatusOr<std::vector<CertificateRecord>> OpenedSqliteStore::ListCertificates(
    const HostId& host, size_t limit) {
  return Page<CertificateRecord>(
      "WHERE host = ? ORDER BY issued_at DESC, serial", [&](Run& run) { run.Id(host); }, limit);
}

absl::StatusOr<std::vector<DocumentRecord>> OpenedSqliteStore::ListDocuments(
    DocumentType type, absl::string_view line, const std::optional<DocumentNumber>& before,
    size_t limit) {
  constexpr absl::string_view kOrder = "ORDER BY epoch DESC, sequence DESC, digest DESC";
  const auto bind = [&](Run& run) {
    run.Number(static_cast<uint64_t>(type)).Text(line);
    if (before.has_value()) {
      run.Number(before->epoch).Number(before->sequence).Digest(before->digest);
    }
  };
  return Page<DocumentRecord>(
      absl::StrCat("WHERE type = ? AND line = ? ",
                   before.has_value() ? "AND (epoch, sequence, digest) < (?, ?, ?) " : "", kOrder),
      bind, limit);
}

absl::StatusOr<std::vector<OutcomeRecord>> OpenedSqliteStore::ListOutcomes(const HostId& host,
                                                                           uint64_t before,
                                                                           size_t limit) {
  return Page<OutcomeRecord>(
      "WHERE host = ? AND number < ? ORDER BY number DESC",
      [&](Run& run) { run.Id(host).Number(Below(before)); }, limit);
}

absl::StatusOr<std::vector<RolloutEvent>> OpenedSqliteStore::ListEvents(const RolloutId& rollout,
                                                                        uint64_t after_seq,
                                                                        size_t limit) {
  return Page<RolloutEvent>(
      "WHERE rollout = ? AND seq > ? ORDER BY seq",
      [&](Run& run) { run.Id(rollout).Number(after_seq); }, limit);
}

absl::StatusOr<std::vector<TokenRecord>> OpenedSqliteStore::ListTokens(uint64_t before,
                                                                       size_t limit) {
  return Page<TokenRecord>(
      "WHERE number < ? ORDER BY number DESC", [&](Run& run) { run.Number(Below(before)); }, limit);
}

absl::StatusOr<std::vector<EnrollmentRecord>> OpenedSqliteStore::ListEnrollments(
    EnrollmentState state, uint64_t after, size_t limit) {
  return Page<EnrollmentRecord>(
      "WHERE state = ? AND number > ? ORDER BY number",
      [&](Run& run) { run.Number(static_cast<uint64_t>(state)).Number(after); }, limit);
}

absl::StatusOr<std::vector<AuditRecord>> OpenedSqliteStore::ListAudit(uint64_t before,
                                                                      size_t limit) {
  return Page<AuditRecord>(
      "WHERE seq < ? ORDER BY seq DESC", [&](Run& run) { run.Number(Below(before)); }, limit);
}

}  // namespace mig::coordinator
