// Who commits, and when. A store only queues; a thread of its own (writer_thread.h), the
// simulator's event loop or a test makes it commit.

#ifndef MIG_COORDINATOR_STORE_COMMITTER_H_
#define MIG_COORDINATOR_STORE_COMMITTER_H_

#include <cstddef>

#include "absl/time/time.h"

namespace mig::coordinator {

// Told by a store that something waits.
class CommitTimer {
 public:
  virtual ~CommitTimer() = default;

  // Somebody should call CommitNow within `delay`: kStoreCommitDelay after the first row of a
  // group, zero when kStoreCommitRows wait. Called by whoever appends, without a lock; must not
  // block, and must not call the store.
  virtual void CommitWithin(absl::Duration delay) = 0;
};

// The passive half of a store.
class Committer {
 public:
  virtual ~Committer() = default;

  // Makes one group durable: whole batches, in order, of at most kStoreCommitRows rows together,
  // and calls their `done`s. Returns how many rows were answered (written or refused); 0: nothing
  // waited. One thread at a time.
  virtual size_t CommitNow() = 0;

  // Rows that wait. Any thread.
  virtual size_t RowsWaiting() const = 0;

  // Who is told from now on; nullptr: nobody. While batches are appended by other threads it must
  // stay the same.
  virtual void SetTimer(CommitTimer* timer) = 0;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_COMMITTER_H_
