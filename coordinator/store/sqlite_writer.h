// One group of batches as one transaction.

#ifndef MIG_COORDINATOR_STORE_SQLITE_WRITER_H_
#define MIG_COORDINATOR_STORE_SQLITE_WRITER_H_

#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/sqlite_row_writers.h"
#include "coordinator/store/store_meta.h"
#include "coordinator/store/write_batch.h"

namespace mig::coordinator {

// What became of one batch.
struct BatchResult {
  Written written;
  // If it is not ok, the batch was refused (write_batch.h), and `written` says nothing.
  absl::Status refusal;
};

// The only one who writes. One thread at a time.
class SqliteWriter {
 public:
  // `connection` must outlive it; `meta` is what the store says now.
  SqliteWriter(Connection& connection, const StoreMeta& meta);

  // Writes each batch as a whole or not at all, all of them in one transaction, in order, and
  // makes it durable. One result for each. An error in place of the results is the disk's, and
  // nothing of any batch was written.
  absl::StatusOr<std::vector<BatchResult>> WriteGroup(std::span<const WriteBatch* const> group);

 private:
  absl::StatusOr<std::vector<BatchResult>> WriteInTransaction(
      std::span<const WriteBatch* const> group);
  absl::StatusOr<BatchResult> WriteWhole(const WriteBatch& batch);
  absl::StatusOr<BatchResult> WriteRows(const WriteBatch& batch);
  absl::StatusOr<Applied> WriteRow(const Row& row);

  Connection& connection_;
  HostWriter hosts_;
  DocumentWriter documents_;
  RolloutWriter rollouts_;
  TokenWriter tokens_;
  OperatorWriter operators_;
  LedgerWriter ledger_;
  Query begin_, commit_, savepoint_, release_, undo_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_SQLITE_WRITER_H_
