#include "sim/virtual/lossy_store.h"

namespace mig::sim {

void LossyStore::Append(coordinator::WriteBatch batch, Done done) {
  pending_.push_back({.batch = std::move(batch), .done = std::move(done)});
  if (pending_.size() == 1) wanted_();
}

// What a `done` appends is of the next group.
void LossyStore::Commit() {
  std::deque<Pending> group;
  group.swap(pending_);
  if (group.empty()) return;
  for (Pending& pending : group) {
    durable_->Append(std::move(pending.batch), std::move(pending.done));
  }
  while (durable_->CommitNow() > 0) {
  }
}

void LossyStore::Lose() {
  std::deque<Pending> lost;
  lost.swap(pending_);
}

}  // namespace mig::sim
