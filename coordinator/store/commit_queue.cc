#include "coordinator/store/commit_queue.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "coordinator/store/row_bounds.h"

namespace mig::coordinator {
namespace {

absl::Status FullError() {
  return absl::ResourceExhaustedError(
      absl::StrCat("the store's queue is full: ", base::kMaxStoreQueueRows,
                   " rows wait for the disk; come back in a minute"));
}

// When the next group is due if `rows` wait for it.
absl::Duration DelayFor(size_t rows) {
  return rows >= base::kStoreCommitRows ? absl::ZeroDuration() : base::kStoreCommitDelay;
}

}  // namespace

CommitQueue::~CommitQueue() {
  for (Pending& pending : pending_) {
    std::move(pending.done)(
        absl::CancelledError("the coordinator stopped before this was written; send it again"));
  }
}

void CommitQueue::Add(WriteBatch batch, Store::Done done) {
  absl::Status status = CheckBounds(batch);
  std::optional<absl::Duration> delay;
  CommitTimer* timer = nullptr;
  if (status.ok()) {
    const std::lock_guard lock(mutex_);
    const size_t before = rows_;
    const size_t after = before + batch.size();
    if (!closed_.ok()) {
      status = closed_;
    } else if (after > base::kMaxStoreQueueRows) {
      status = FullError();
    } else {
      pending_.push_back(Pending{.batch = std::move(batch), .done = std::move(done)});
      rows_ = after;
      timer = timer_;
      // Once for the first row of a group, once when a whole group is there.
      if (before == 0 || (before < base::kStoreCommitRows && after >= base::kStoreCommitRows)) {
        delay = DelayFor(after);
      }
    }
  }
  if (!status.ok()) {
    std::move(done)(std::move(status));
  } else if (timer != nullptr && delay.has_value()) {
    timer->CommitWithin(*delay);
  }
}

std::vector<CommitQueue::Pending> CommitQueue::TakeGroup() {
  std::vector<Pending> group;
  size_t left = 0;
  CommitTimer* timer = nullptr;
  {
    const std::lock_guard lock(mutex_);
    size_t taken = 0;
    while (!pending_.empty() && taken + pending_.front().batch.size() <= base::kStoreCommitRows) {
      taken += pending_.front().batch.size();
      group.push_back(std::move(pending_.front()));
      pending_.pop_front();
    }
    rows_ -= taken;
    left = rows_;
    timer = timer_;
  }
  if (left > 0 && timer != nullptr) timer->CommitWithin(DelayFor(left));
  return group;
}

size_t CommitQueue::rows() const {
  const std::lock_guard lock(mutex_);
  return rows_;
}

void CommitQueue::SetTimer(CommitTimer* timer) {
  const std::lock_guard lock(mutex_);
  timer_ = timer;
}

void CommitQueue::Close(absl::Status error) {
  const std::lock_guard lock(mutex_);
  closed_ = std::move(error);
}

}  // namespace mig::coordinator
