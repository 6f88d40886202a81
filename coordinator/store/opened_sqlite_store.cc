#include "coordinator/store/opened_sqlite_store.h"

#include <utility>

#include "base/status_macros.h"

namespace mig::coordinator {

OpenedSqliteStore::OpenedSqliteStore(std::unique_ptr<base::FileLock> lock,
                                     std::unique_ptr<Connection> writer, const StoreMeta& meta)
    : lock_(std::move(lock)),
      connection_(std::move(writer)),
      readers_(connection_->path()),
      shared_(false),
      writer_(*connection_, meta) {}

OpenedSqliteStore::OpenedSqliteStore(std::unique_ptr<Connection> only, const StoreMeta& meta)
    : connection_(std::move(only)),
      readers_(*connection_, taken_),
      shared_(true),
      writer_(*connection_, meta) {}

void OpenedSqliteStore::Append(WriteBatch batch, Done done) {
  queue_.Add(std::move(batch), std::move(done));
}

size_t OpenedSqliteStore::CommitNow() {
  std::vector<CommitQueue::Pending> group = queue_.TakeGroup();
  if (group.empty()) return 0;
  absl::StatusOr<std::vector<BatchResult>> results = WriteGroup(group);
  // What was acknowledged before may be all that the disk still has: nothing is built on it.
  if (absl::IsDataLoss(results.status())) queue_.Close(results.status());
  if (results.ok()) Count(*results);

  size_t rows = 0;
  for (size_t i = 0; i < group.size(); ++i) {
    rows += group[i].batch.size();
    if (!results.ok()) {
      std::move(group[i].done)(results.status());
    } else if (!(*results)[i].refusal.ok()) {
      std::move(group[i].done)(std::move((*results)[i].refusal));
    } else {
      std::move(group[i].done)(std::move((*results)[i].written));
    }
  }
  return rows;
}

absl::StatusOr<std::vector<BatchResult>> OpenedSqliteStore::WriteGroup(
    const std::vector<CommitQueue::Pending>& group) {
  std::vector<const WriteBatch*> batches;
  batches.reserve(group.size());
  for (const CommitQueue::Pending& pending : group) batches.push_back(&pending.batch);
  std::unique_lock<std::mutex> lock;
  if (shared_) lock = std::unique_lock(taken_);
  return writer_.WriteGroup(batches);
}

void OpenedSqliteStore::Count(const std::vector<BatchResult>& results) {
  ++commits_;
  for (const BatchResult& result : results) {
    if (result.refusal.ok()) {
      ++batches_;
      rows_ += result.written.rows.size();
    } else {
      ++refused_;
    }
  }
}

CommitStats OpenedSqliteStore::stats() const {
  return CommitStats{.commits = commits_, .batches = batches_, .refused = refused_, .rows = rows_};
}

}  // namespace mig::coordinator
