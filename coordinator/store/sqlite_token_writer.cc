// Tokens and enrollments.

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "coordinator/store/sqlite_row_writers.h"
#include "coordinator/store/sqlite_rows.h"

namespace mig::coordinator {

TokenWriter::TokenWriter(Connection& connection)
    : connection_(connection),
      insert_(connection,
              absl::StrCat(InsertSql(TableOf<TokenRecord>()), " ON CONFLICT DO NOTHING")),
      use_(connection,
           "UPDATE token SET uses = uses + 1, last_used_at = ?1 WHERE secret_hash = ?2 "
           "AND uses < use_limit AND expires_at > ?1 AND revoked = 0"),
      find_(connection,
            "SELECT number, use_limit, expires_at, revoked FROM token WHERE secret_hash = ?"),
      revoke_(connection, "UPDATE token SET revoked = 1 WHERE number = ?"),
      insert_enrollment_(connection, absl::StrCat(InsertSql(TableOf<EnrollmentRecord>()),
                                                  " ON CONFLICT DO NOTHING")),
      decide_(connection,
              absl::StrCat("UPDATE enrollment SET state = ?, decided_at = ?, decided_by = ?, "
                           "reason = ? WHERE id = ? AND state = ",
                           static_cast<int>(EnrollmentState::kPending))),
      find_enrollment_(connection, "SELECT number FROM enrollment WHERE id = ?"),
      forget_enrollments_(connection,
                          absl::StrCat("DELETE FROM enrollment WHERE number IN (SELECT number FROM "
                                       "enrollment WHERE asked_at < ? ORDER BY number LIMIT ",
                                       kMaxForgotten, ")")),
      forget_certificates_(connection,
                           absl::StrCat("DELETE FROM certificate WHERE serial IN (SELECT serial "
                                        "FROM certificate WHERE expires_at < ? ORDER BY expires_at "
                                        "LIMIT ",
                                        kMaxForgotten, ")")) {}

absl::StatusOr<Applied> TokenWriter::Write(const InsertToken& row) {
  Run run(insert_);
  Put(run, row.token);
  MIG_RETURN_IF_ERROR(run.ToEnd());
  if (connection_.changes() == 0) {
    return Refused(absl::AlreadyExistsError("this token is stored already; make another"));
  }
  return WrittenAs(static_cast<uint64_t>(connection_.last_insert_rowid()));
}

absl::StatusOr<Applied> TokenWriter::Write(const UseToken& row) {
  MIG_RETURN_IF_ERROR(Run(use_).Time(row.at).Digest(row.secret_hash).ToEnd());
  if (connection_.changes() > 0) return Applied{};
  return WhyNotUsed(row);
}

absl::StatusOr<Applied> TokenWriter::WhyNotUsed(const UseToken& row) {
  Run find(find_);
  MIG_ASSIGN_OR_RETURN(const bool found, find.Digest(row.secret_hash).Step());
  if (!found) return Refused(absl::NotFoundError("no such token; ask for a new one"));
  const std::string name = absl::StrCat("token t-", find.TakeNumber());
  const uint64_t limit = find.TakeNumber();
  const absl::Time expires_at = find.TakeTime();
  if (find.TakeNumber() != 0) {
    return Refused(
        absl::PermissionDeniedError(absl::StrCat(name, " was revoked; ask for a new one")));
  }
  if (expires_at <= row.at) {
    return Refused(absl::FailedPreconditionError(
        absl::StrCat(name, " expired at ", absl::FormatTime(expires_at, absl::UTCTimeZone()),
                     "; ask for a new one")));
  }
  return Refused(absl::ResourceExhaustedError(
      absl::StrCat(name, " let in all ", limit, " that it may; ask for a new one")));
}

absl::StatusOr<Applied> TokenWriter::Write(const RevokeToken& row) {
  MIG_RETURN_IF_ERROR(Run(revoke_).Number(row.number).ToEnd());
  if (connection_.changes() > 0) return Applied{};
  return Refused(absl::NotFoundError(absl::StrCat("no token t-", row.number)));
}

absl::StatusOr<Applied> TokenWriter::Write(const InsertEnrollment& row) {
  Run run(insert_enrollment_);
  Put(run, row.enrollment);
  MIG_RETURN_IF_ERROR(run.ToEnd());
  if (connection_.changes() == 0) {
    return Refused(absl::AlreadyExistsError(absl::StrCat("host ", row.enrollment.host.ToHex(),
                                                         " asked already with token t-",
                                                         row.enrollment.token_number)));
  }
  return WrittenAs(static_cast<uint64_t>(connection_.last_insert_rowid()));
}

absl::StatusOr<Applied> TokenWriter::Write(const DecideEnrollment& row) {
  MIG_RETURN_IF_ERROR(Run(decide_)
                          .Number(static_cast<uint64_t>(row.state))
                          .Time(row.at)
                          .Text(row.by)
                          .Text(row.reason)
                          .Id(row.id)
                          .ToEnd());
  if (connection_.changes() > 0) return Applied{};
  Run find(find_enrollment_);
  MIG_ASSIGN_OR_RETURN(const bool found, find.Id(row.id).Step());
  if (!found) return Refused(absl::NotFoundError("no such enrollment"));
  return Refused(
      absl::AbortedError(absl::StrCat("enrollment e-", find.TakeNumber(), " was decided already")));
}

absl::StatusOr<Applied> TokenWriter::Write(const ForgetOld& row) {
  Applied applied;
  // A comparison with NULL is never true: InfinitePast forgets nothing.
  MIG_RETURN_IF_ERROR(Run(forget_enrollments_).Time(row.enrollments_asked_before).ToEnd());
  applied.result.number += static_cast<uint64_t>(connection_.changes());
  MIG_RETURN_IF_ERROR(Run(forget_certificates_).Time(row.certificates_expired_before).ToEnd());
  applied.result.number += static_cast<uint64_t>(connection_.changes());
  return applied;
}

}  // namespace mig::coordinator
