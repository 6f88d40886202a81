#include "coordinator/handlers/testing/driven_coordinator.h"

namespace mig::coordinator::testing {

void DrivenCoordinator::End() {
  while (committer_.CommitNow() > 0) {
  }
  coordinator_ = nullptr;
}

void DrivenCoordinator::Commit() {
  coordinator_->Flush();
  while (committer_.CommitNow() > 0) {
  }
}

bool DrivenCoordinator::CommitOnce(const std::atomic<bool>& answered) {
  const absl::MutexLock lock(&committing_);
  // Whoever had the mutex may have committed this caller's batch with its own.
  return answered.load(std::memory_order_acquire) || committer_.CommitNow() > 0 ||
         answered.load(std::memory_order_acquire);
}

}  // namespace mig::coordinator::testing
