// Operators and their invitations.

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "coordinator/store/sqlite_row_writers.h"
#include "coordinator/store/sqlite_rows.h"

namespace mig::coordinator {

OperatorWriter::OperatorWriter(Connection& connection)
    : connection_(connection),
      insert_(connection,
              absl::StrCat(InsertSql(TableOf<OperatorRecord>()), " ON CONFLICT DO NOTHING")),
      update_(connection, absl::StrCat("UPDATE operator SET (", TableOf<OperatorRecord>().columns,
                                       ") = (", QuestionMarks(TableOf<OperatorRecord>()),
                                       ") WHERE name = ? AND revision = ?")),
      find_revision_(connection, "SELECT revision FROM operator WHERE name = ?"),
      insert_invite_(connection,
                     absl::StrCat(InsertSql(TableOf<InviteRecord>()), " ON CONFLICT DO NOTHING")),
      use_invite_(connection,
                  "UPDATE invite SET used_at = ?1 WHERE secret_hash = ?2 AND used_at IS NULL "
                  "AND expires_at > ?1 AND revoked = 0"),
      find_invite_(connection,
                   "SELECT operator_name, expires_at, used_at, revoked FROM invite "
                   "WHERE secret_hash = ?"),
      revoke_invites_(connection,
                      "UPDATE invite SET revoked = 1 WHERE operator_name = ? AND used_at IS NULL") {
}

absl::StatusOr<Applied> OperatorWriter::Write(const InsertOperator& row) {
  OperatorRecord person = row.person;
  person.revision = 1;
  Run run(insert_);
  Put(run, person);
  MIG_RETURN_IF_ERROR(run.ToEnd());
  if (connection_.changes() == 0) {
    return Refused(absl::AlreadyExistsError(
        absl::StrCat("operator ", person.name, " is there already; choose another name")));
  }
  return WrittenAs(1);
}

absl::StatusOr<Applied> OperatorWriter::Write(const UpdateOperator& row) {
  OperatorRecord person = row.person;
  ++person.revision;
  {
    Run run(update_);
    Put(run, person);
    MIG_RETURN_IF_ERROR(run.Text(row.person.name).Number(row.person.revision).ToEnd());
  }
  if (connection_.changes() > 0) return WrittenAs(person.revision);
  Run find(find_revision_);
  MIG_ASSIGN_OR_RETURN(const bool found, find.Text(person.name).Step());
  if (!found) {
    return Refused(absl::NotFoundError(absl::StrCat("no operator ", person.name)));
  }
  return Refused(absl::AbortedError(
      absl::StrCat("operator ", person.name, " was changed meanwhile (revision ", find.TakeNumber(),
                   ", not ", row.person.revision, "): look again")));
}

absl::StatusOr<Applied> OperatorWriter::Write(const InsertInvite& row) {
  Run run(insert_invite_);
  Put(run, row.invite);
  MIG_RETURN_IF_ERROR(run.ToEnd());
  if (connection_.changes() > 0) return Applied{};
  return Refused(absl::AlreadyExistsError("this invitation is stored already; make another"));
}

absl::StatusOr<Applied> OperatorWriter::Write(const UseInvite& row) {
  MIG_RETURN_IF_ERROR(Run(use_invite_).Time(row.at).Digest(row.secret_hash).ToEnd());
  if (connection_.changes() > 0) return Applied{};
  return WhyNotUsed(row);
}

absl::StatusOr<Applied> OperatorWriter::WhyNotUsed(const UseInvite& row) {
  Run find(find_invite_);
  MIG_ASSIGN_OR_RETURN(const bool found, find.Digest(row.secret_hash).Step());
  if (!found) return Refused(absl::NotFoundError("no such invitation; ask for a new one"));
  const std::string name = absl::StrCat("the invitation of operator ", find.TakeBytes());
  const absl::Time expires_at = find.TakeTime();
  const absl::Time used_at = find.TakeTime();
  if (find.TakeNumber() != 0) {
    return Refused(
        absl::PermissionDeniedError(absl::StrCat(name, " was revoked; ask for a new one")));
  }
  if (used_at != absl::InfinitePast()) {
    return Refused(absl::AbortedError(absl::StrCat(name, " was used already at ",
                                                   absl::FormatTime(used_at, absl::UTCTimeZone()),
                                                   "; if that was not you, tell an admin")));
  }
  return Refused(absl::FailedPreconditionError(
      absl::StrCat(name, " expired at ", absl::FormatTime(expires_at, absl::UTCTimeZone()),
                   "; ask for a new one")));
}

absl::StatusOr<Applied> OperatorWriter::Write(const RevokeInvites& row) {
  MIG_RETURN_IF_ERROR(Run(revoke_invites_).Text(row.operator_name).ToEnd());
  return Applied{};
}

}  // namespace mig::coordinator
