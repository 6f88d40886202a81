// What the coordinator knows, in memory: hosts, operators, documents, rollouts. Made from the store
// at the start; afterwards it follows each batch as that becomes durable, and never before.

#ifndef MIG_COORDINATOR_FLEET_FLEET_H_
#define MIG_COORDINATOR_FLEET_FLEET_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "base/sizes.h"
#include "coordinator/fleet/host_index.h"
#include "coordinator/fleet/known_heads.h"
#include "coordinator/fleet/operator_index.h"
#include "coordinator/fleet/rollout_ledger.h"
#include "coordinator/fleet/seen_buffer.h"
#include "coordinator/fleet/snapshot.h"
#include "coordinator/store/store.h"
#include "trust/assignment.h"
#include "trust/verified.h"

namespace mig::coordinator {

// Any thread may call; a batch's rows reach all parts before its `done` is called.
class Fleet {
 public:
  // Reads the whole store. `roots`: serialised envelopes of what trust begins with, in order of
  // version (the configuration's root files); those of the store follow. `store` must outlive it.
  //
  // Errors: what trust::VerifyFirstRoot says, with which root; the store's.
  // A root of the store that does not follow any more is passed over.
  static absl::StatusOr<std::unique_ptr<Fleet>> Open(Store& store,
                                                     std::span<const std::string> roots);

  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // --- Reading

  std::shared_ptr<const Snapshot> snapshot() const;
  HostIndex& hosts() { return hosts_; }
  OperatorIndex& operators() { return operators_; }
  RolloutLedger& ledger() { return ledger_; }
  SeenBuffer& seen() { return seen_; }
  Store& store() { return store_; }

  const StoreId& store_id() const { return store_id_; }
  // As far as durable: what a head says.
  trust::HeadPosition position() const;
  // One more for each batch that changed anything but last-seen: to be waited on.
  uint64_t change() const { return change_.load(std::memory_order_acquire); }

  // Each host once, by id, with its last check-in (also one that is not durable yet), from the
  // store: for lists and counts, never on the path of a check-in. `seen` null: never seen. Memory:
  // every host's record, one check-in at a time. `visit` must not call the store.
  absl::Status ForEachHost(
      absl::FunctionRef<void(const HostRecord& host, const HostSeenRecord* seen)> visit);
  // Its last check-in; NOT_FOUND.
  absl::StatusOr<HostSeenRecord> LastSeen(const HostId& host);

  // --- Writing

  // Store::Append; when the batch is durable, memory follows, then `done` is called.
  void Append(WriteBatch batch, Store::Done done);

  // --- Whether history was lost (R13)

  // A head that a peer carried. One of this store that is ahead of it sets the store behind.
  // What is not a valid head of this store counts for nothing.
  void JudgeHead(absl::string_view envelope);
  // STORE_BEHIND while the store is behind a head that somebody showed: nobody is admitted,
  // enrolled or renewed until a person confirms (migctl store confirm).
  absl::Status CheckNotBehind() const;
  // The highest position that was shown beyond the store's own; nothing: none.
  std::optional<trust::HeadPosition> shown_ahead() const;

 private:
  Fleet(Store& store, const StoreMeta& meta);

  // The start, in this order (fleet_load.cc).
  absl::Status LoadRoots(std::span<const std::string> roots) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status LoadDocuments() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status LoadPeople();
  absl::Status LoadRollouts() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // What became durable. FollowRow: whether the snapshot has to be made anew.
  void Follow(const WriteBatch& batch, const Written& written);
  bool FollowRow(const Row& row, const RowResult& result);
  bool FollowSnapshotRow(const Row& row, const RowResult& result);
  void FollowOutcome(const OutcomeRecord& record);
  void FollowDocument(DocumentRecord record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // All documents are judged again under it.
  void AddRoot(absl::string_view envelope) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Rebuild() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Store& store_;
  const StoreId store_id_;
  HostIndex hosts_;
  OperatorIndex operators_;
  RolloutLedger ledger_;
  SeenBuffer seen_;
  KnownHeads known_heads_;
  std::atomic<uint64_t> change_;

  mutable absl::Mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_ ABSL_GUARDED_BY(mutex_);
  std::vector<trust::Verified<trust::Root>> roots_ ABSL_GUARDED_BY(mutex_);
  HeldDocuments documents_ ABSL_GUARDED_BY(mutex_);
  Rollouts rollouts_ ABSL_GUARDED_BY(mutex_);
  uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<trust::HeadPosition> ahead_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_FLEET_FLEET_H_
