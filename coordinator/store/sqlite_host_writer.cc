// Hosts, their check-ins and certificates; and the documents that they get.

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "coordinator/store/sqlite_row_writers.h"
#include "coordinator/store/sqlite_rows.h"

namespace mig::coordinator {
namespace {

std::string UpdateSql(const TableText& text, absl::string_view key) {
  return absl::StrCat("UPDATE ", text.table, " SET (", text.columns, ") = (", QuestionMarks(text),
                      ") WHERE ", key, " = ? AND revision = ?");
}

}  // namespace

HostWriter::HostWriter(Connection& connection)
    : connection_(connection),
      insert_host_(connection,
                   absl::StrCat(InsertSql(TableOf<HostRecord>()), " ON CONFLICT DO NOTHING")),
      update_host_(connection, UpdateSql(TableOf<HostRecord>(), "id")),
      find_revision_(connection, "SELECT revision FROM host WHERE id = ?"),
      count_clone_(connection,
                   "UPDATE host SET clones_seen = clones_seen + 1, revision = revision + 1 "
                   "WHERE id = ?"),
      upsert_seen_(connection,
                   absl::StrCat(InsertSql(TableOf<HostSeenRecord>()),
                                " ON CONFLICT (id) DO UPDATE SET last_seen = excluded.last_seen, "
                                "seen_address = excluded.seen_address, "
                                "environment = excluded.environment, summary = excluded.summary, "
                                "machine = excluded.machine, "
                                "answer_issued = excluded.answer_issued, "
                                "answer_returned = excluded.answer_returned")),
      insert_certificate_(connection, absl::StrCat(InsertSql(TableOf<CertificateRecord>()),
                                                   " ON CONFLICT DO NOTHING")) {}

absl::StatusOr<Applied> HostWriter::Write(const InsertHost& row) {
  HostRecord host = row.host;
  host.revision = 1;
  Run run(insert_host_);
  Put(run, host);
  MIG_RETURN_IF_ERROR(run.ToEnd());
  if (connection_.changes() == 0) {
    return Refused(
        absl::AlreadyExistsError(absl::StrCat("host ", host.id.ToHex(), " is enrolled already")));
  }
  return WrittenAs(1);
}

absl::StatusOr<Applied> HostWriter::Write(const UpdateHost& row) {
  HostRecord host = row.host;
  ++host.revision;
  {
    Run run(update_host_);
    Put(run, host);
    MIG_RETURN_IF_ERROR(run.Id(row.host.id).Number(row.host.revision).ToEnd());
  }
  if (connection_.changes() > 0) return WrittenAs(host.revision);
  Run find(find_revision_);
  MIG_ASSIGN_OR_RETURN(const bool found, find.Id(host.id).Step());
  if (!found) {
    return Refused(absl::NotFoundError(absl::StrCat("host ", host.id.ToHex(), " is not known")));
  }
  return Refused(absl::AbortedError(
      absl::StrCat("host ", host.id.ToHex(), " was changed meanwhile (revision ", find.TakeNumber(),
                   ", not ", row.host.revision, "): look again")));
}

absl::StatusOr<Applied> HostWriter::Write(const CountClone& row) {
  MIG_RETURN_IF_ERROR(Run(count_clone_).Id(row.host).ToEnd());
  return Applied{};
}

absl::StatusOr<Applied> HostWriter::Write(const RecordSeen& row) {
  Run run(upsert_seen_);
  Put(run, row.seen);
  MIG_RETURN_IF_ERROR(run.ToEnd());
  return Applied{};
}

absl::StatusOr<Applied> HostWriter::Write(const InsertCertificate& row) {
  Run run(insert_certificate_);
  Put(run, row.certificate);
  MIG_RETURN_IF_ERROR(run.ToEnd());
  if (connection_.changes() > 0) return Applied{};
  return AlreadyThere();
}

DocumentWriter::DocumentWriter(Connection& connection)
    : connection_(connection),
      insert_(connection,
              absl::StrCat(InsertSql(TableOf<DocumentRecord>()), " ON CONFLICT DO NOTHING")),
      replace_(connection,
               "UPDATE OR IGNORE document SET envelope = ?, state = ?, revision = revision + 1 "
               "WHERE digest = ? AND revision = ?"),
      find_revision_(connection, "SELECT revision FROM document WHERE digest = ?") {}

absl::StatusOr<bool> DocumentWriter::IsThere(const base::Digest& digest) {
  return Run(find_revision_).Digest(digest).Step();
}

absl::StatusOr<Applied> DocumentWriter::Write(const InsertDocument& row) {
  DocumentRecord document = row.document;
  document.revision = 1;
  {
    Run run(insert_);
    Put(run, document);
    MIG_RETURN_IF_ERROR(run.ToEnd());
  }
  if (connection_.changes() > 0) return WrittenAs(1);
  MIG_ASSIGN_OR_RETURN(const bool there, IsThere(document.digest));
  if (there) return AlreadyThere();
  return Refused(absl::AlreadyExistsError(absl::StrCat(
      "document ", document.digest.ToHex(), ": another one of '", document.line, "' has number (",
      document.epoch, ", ", document.sequence, ") already; give it the next number")));
}

absl::StatusOr<Applied> DocumentWriter::Write(const ReplaceEnvelope& row) {
  MIG_RETURN_IF_ERROR(Run(replace_)
                          .Blob(row.envelope)
                          .Number(static_cast<uint64_t>(row.state))
                          .Digest(row.digest)
                          .Number(row.revision)
                          .ToEnd());
  if (connection_.changes() > 0) return WrittenAs(row.revision + 1);
  Run find(find_revision_);
  MIG_ASSIGN_OR_RETURN(const bool found, find.Digest(row.digest).Step());
  if (!found) {
    return Refused(
        absl::NotFoundError(absl::StrCat("document ", row.digest.ToHex(), " is not stored")));
  }
  const uint64_t revision = find.TakeNumber();
  if (revision == row.revision) {
    return Refused(absl::AlreadyExistsError(
        absl::StrCat("document ", row.digest.ToHex(),
                     ": another one of its line has its number already; give it the next one")));
  }
  return Refused(absl::AbortedError(absl::StrCat("document ", row.digest.ToHex(),
                                                 " was signed meanwhile (revision ", revision,
                                                 ", not ", row.revision, "): look again")));
}

}  // namespace mig::coordinator
