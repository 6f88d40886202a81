// Offers, outcomes, the rollouts' logs; the audit log and the store's own row.

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/store/audit_chain.h"
#include "coordinator/store/sqlite_row_writers.h"
#include "coordinator/store/sqlite_rows.h"

namespace mig::coordinator {
namespace {

// Newest first within each rollout that it counts for, and within all the others.
constexpr absl::string_view kTrimOutcomes =
    "DELETE FROM outcome WHERE number IN (SELECT number FROM ("
    "SELECT number, counted, row_number() OVER newest AS place, "
    "sum(length(outcome)) OVER newest AS bytes FROM outcome WHERE host = ?1 "
    "WINDOW newest AS (PARTITION BY CASE WHEN counted THEN rollout END ORDER BY number DESC "
    "ROWS UNBOUNDED PRECEDING)) "
    "WHERE CASE WHEN counted THEN place > ?2 ELSE place > ?3 OR bytes > ?4 END)";

}  // namespace

RolloutWriter::RolloutWriter(Connection& connection)
    : connection_(connection),
      insert_offer_(connection,
                    absl::StrCat(InsertSql(TableOf<OfferRecord>()), " ON CONFLICT DO NOTHING")),
      insert_outcome_(connection,
                      absl::StrCat(InsertSql(TableOf<OutcomeRecord>()), " ON CONFLICT DO NOTHING")),
      trim_outcomes_(connection, std::string(kTrimOutcomes)),
      find_last_(connection, "SELECT max(seq) FROM rollout_event WHERE rollout = ?"),
      insert_event_(connection, InsertSql(TableOf<RolloutEvent>())) {}

absl::StatusOr<Applied> RolloutWriter::Write(const InsertOffer& row) {
  Run run(insert_offer_);
  Put(run, row.offer);
  MIG_RETURN_IF_ERROR(run.ToEnd());
  return connection_.changes() > 0 ? Applied{} : AlreadyThere();
}

absl::StatusOr<Applied> RolloutWriter::Write(const InsertOutcome& row) {
  Run run(insert_outcome_);
  Put(run, row.outcome);
  MIG_RETURN_IF_ERROR(run.ToEnd());
  if (connection_.changes() == 0) return AlreadyThere();
  return WrittenAs(static_cast<uint64_t>(connection_.last_insert_rowid()));
}

absl::StatusOr<Applied> RolloutWriter::Write(const TrimOutcomes& row) {
  MIG_RETURN_IF_ERROR(Run(trim_outcomes_)
                          .Id(row.host)
                          .Number(base::kMaxCountedOutcomes)
                          .Number(base::kMaxOtherOutcomes)
                          .Number(base::kMaxOtherOutcomeBytes)
                          .ToEnd());
  return WrittenAs(static_cast<uint64_t>(connection_.changes()));
}

absl::StatusOr<Applied> RolloutWriter::Write(const AppendEvent& row) {
  uint64_t last = 0;
  {
    Run find(find_last_);
    MIG_RETURN_IF_ERROR(find.Id(row.event.rollout).Step().status());
    last = find.TakeNumber();  // NULL reads as 0
  }
  if (row.event.seq != last + 1) {
    return Refused(absl::AbortedError(
        absl::StrCat("rollout ", row.event.rollout.ToHex(), " moved on: its log ends with event ",
                     last, ", so event ", row.event.seq, " cannot follow; look again")));
  }
  Run run(insert_event_);
  Put(run, row.event);
  MIG_RETURN_IF_ERROR(run.ToEnd());
  return WrittenAs(row.event.seq);
}

LedgerWriter::LedgerWriter(Connection& connection, const StoreMeta& meta)
    : meta_(meta),
      insert_audit_(connection, InsertSql(TableOf<AuditRecord>())),
      save_meta_(connection,
                 "UPDATE meta SET generation = ?, change = ?, audit_seq = ?, audit_hash = ? "
                 "WHERE one = 1") {}

absl::StatusOr<Applied> LedgerWriter::Write(const AppendAudit& row) {
  AuditRecord record{.seq = meta_.audit.seq + 1, .entry = row.entry, .prev = meta_.audit.hash};
  record.hash = AuditHash(record.seq, record.prev, record.entry);
  Run run(insert_audit_);
  Put(run, record);
  MIG_RETURN_IF_ERROR(run.ToEnd());
  meta_.audit = AuditHead{.seq = record.seq, .hash = record.hash};
  return WrittenAs(record.seq);
}

absl::StatusOr<Applied> LedgerWriter::Write(const RaiseGeneration& row) {
  if (row.expected != meta_.generation) {
    return Refused(
        absl::AbortedError(absl::StrCat("the store was confirmed meanwhile: its generation is ",
                                        meta_.generation, ", not ", row.expected)));
  }
  ++meta_.generation;
  return WrittenAs(meta_.generation);
}

absl::Status LedgerWriter::SaveMeta() {
  return Run(save_meta_)
      .Number(meta_.generation)
      .Number(meta_.change)
      .Number(meta_.audit.seq)
      .Digest(meta_.audit.hash)
      .ToEnd();
}

}  // namespace mig::coordinator
