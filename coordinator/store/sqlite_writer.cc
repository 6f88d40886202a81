#include "coordinator/store/sqlite_writer.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/status_macros.h"
#include "coordinator/store/row_bounds.h"

namespace mig::coordinator {
namespace {

// Whether a refusal could come after a row was written: only then the batch needs a savepoint,
// which costs two statements and a copy of each page that is touched.
bool MayStopHalfway(const WriteBatch& batch) {
  return std::any_of(batch.begin() + 1, batch.end(), CanBeRefused);
}

// Last-seen times are not what a restored store must not forget.
bool MovesChangeCounter(const WriteBatch& batch) {
  return !std::all_of(batch.begin(), batch.end(),
                      [](const Row& row) { return std::holds_alternative<RecordSeen>(row); });
}

}  // namespace

SqliteWriter::SqliteWriter(Connection& connection, const StoreMeta& meta)
    : connection_(connection),
      hosts_(connection),
      documents_(connection),
      rollouts_(connection),
      tokens_(connection),
      operators_(connection),
      ledger_(connection, meta),
      begin_(connection, "BEGIN IMMEDIATE"),
      commit_(connection, "COMMIT"),
      savepoint_(connection, "SAVEPOINT batch"),
      release_(connection, "RELEASE batch"),
      undo_(connection, "ROLLBACK TO batch") {}

absl::StatusOr<std::vector<BatchResult>> SqliteWriter::WriteGroup(
    std::span<const WriteBatch* const> group) {
  const StoreMeta before = ledger_.meta();
  MIG_RETURN_IF_ERROR(Run(begin_).ToEnd());
  absl::StatusOr<std::vector<BatchResult>> results = WriteInTransaction(group);
  if (results.ok()) {
    if (absl::Status status = Run(commit_).ToEnd(); !status.ok()) results = std::move(status);
  }
  if (!results.ok()) {
    ledger_.meta() = before;
    if (connection_.in_transaction()) {
      connection_.Execute("ROLLBACK").IgnoreError();  // the first error is the one to tell
    }
  }
  return results;
}

absl::StatusOr<std::vector<BatchResult>> SqliteWriter::WriteInTransaction(
    std::span<const WriteBatch* const> group) {
  const StoreMeta before = ledger_.meta();
  std::vector<BatchResult> results;
  results.reserve(group.size());
  for (const WriteBatch* batch : group) {
    MIG_ASSIGN_OR_RETURN(BatchResult result, WriteWhole(*batch));
    results.push_back(std::move(result));
  }
  if (ledger_.meta() != before) MIG_RETURN_IF_ERROR(ledger_.SaveMeta());
  return results;
}

absl::StatusOr<BatchResult> SqliteWriter::WriteWhole(const WriteBatch& batch) {
  if (!MayStopHalfway(batch)) return WriteRows(batch);
  const StoreMeta before = ledger_.meta();
  MIG_RETURN_IF_ERROR(Run(savepoint_).ToEnd());
  MIG_ASSIGN_OR_RETURN(BatchResult result, WriteRows(batch));
  if (!result.refusal.ok()) {
    MIG_RETURN_IF_ERROR(Run(undo_).ToEnd());
    ledger_.meta() = before;
  }
  MIG_RETURN_IF_ERROR(Run(release_).ToEnd());
  return result;
}

absl::StatusOr<BatchResult> SqliteWriter::WriteRows(const WriteBatch& batch) {
  BatchResult result;
  result.written.rows.reserve(batch.size());
  for (const Row& row : batch) {
    MIG_ASSIGN_OR_RETURN(Applied applied, WriteRow(row));
    if (!applied.refusal.ok()) {
      result.refusal = std::move(applied.refusal);
      return result;
    }
    result.written.rows.push_back(applied.result);
  }
  if (MovesChangeCounter(batch)) ++ledger_.meta().change;
  result.written.change = ledger_.meta().change;
  return result;
}

absl::StatusOr<Applied> SqliteWriter::WriteRow(const Row& row) {
  return std::visit(
      [this](const auto& kind) -> absl::StatusOr<Applied> {
        if constexpr (requires { hosts_.Write(kind); }) {
          return hosts_.Write(kind);
        } else if constexpr (requires { documents_.Write(kind); }) {
          return documents_.Write(kind);
        } else if constexpr (requires { rollouts_.Write(kind); }) {
          return rollouts_.Write(kind);
        } else if constexpr (requires { tokens_.Write(kind); }) {
          return tokens_.Write(kind);
        } else if constexpr (requires { operators_.Write(kind); }) {
          return operators_.Write(kind);
        } else {
          return ledger_.Write(kind);
        }
      },
      row);
}

}  // namespace mig::coordinator
