// Batches that wait for their commit: bounded, in order.

#ifndef MIG_COORDINATOR_STORE_COMMIT_QUEUE_H_
#define MIG_COORDINATOR_STORE_COMMIT_QUEUE_H_

#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/store/committer.h"
#include "coordinator/store/store.h"

namespace mig::coordinator {

// Any thread may call. Every batch that comes in is answered once: by who takes it, or with
// Cancelled when the queue goes.
class CommitQueue {
 public:
  struct Pending {
    WriteBatch batch;
    Store::Done done;
  };

  CommitQueue() = default;
  ~CommitQueue();

  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  // Takes the batch, or answers it at once: with InvalidArgument (bounds), ResourceExhausted (more
  // than kMaxStoreQueueRows rows would wait), or `refuse_with` of the last Close.
  void Add(WriteBatch batch, Store::Done done);

  // The oldest batches, whole, of at most kStoreCommitRows rows together. Tells the timer if more
  // wait.
  std::vector<Pending> TakeGroup();

  size_t rows() const;

  void SetTimer(CommitTimer* timer);

  // From now on everything new is answered with `error`.
  void Close(absl::Status error);

 private:
  mutable std::mutex mutex_;
  std::deque<Pending> pending_;   // guarded by mutex_
  size_t rows_ = 0;               // guarded by mutex_
  CommitTimer* timer_ = nullptr;  // guarded by mutex_
  absl::Status closed_;           // guarded by mutex_
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_COMMIT_QUEUE_H_
