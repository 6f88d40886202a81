// A coordinator that nobody else commits for: whoever calls it commits its store until the answer
// is there. No thread, so it runs in virtual time.

#ifndef MIG_COORDINATOR_HANDLERS_TESTING_DRIVEN_COORDINATOR_H_
#define MIG_COORDINATOR_HANDLERS_TESTING_DRIVEN_COORDINATOR_H_

#include <atomic>
#include <memory>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "coordinator/handlers/coordinator.h"
#include "coordinator/handlers/done.h"
#include "coordinator/store/committer.h"

namespace mig::coordinator::testing {

// One thread at a time, but for Wait.
class DrivenCoordinator {
 public:
  // Of the store that every coordinator here stands on; must outlive it.
  explicit DrivenCoordinator(Committer& committer) : committer_(committer) {}
  // Commits what waits.
  ~DrivenCoordinator() { End(); }

  DrivenCoordinator(const DrivenCoordinator&) = delete;
  DrivenCoordinator& operator=(const DrivenCoordinator&) = delete;

  // From now on this one.
  void Begin(std::unique_ptr<Coordinator> coordinator) { coordinator_ = std::move(coordinator); }
  // There is none any more. What waits in the store is committed before it goes; what it has only
  // in memory goes with it, as in a kill.
  void End();

  Coordinator& operator*() { return *coordinator_; }
  Coordinator* operator->() { return coordinator_.get(); }

  // Writes what waits in memory, and commits everything.
  void Commit();

  // Calls `start(done)` and commits until it has answered. Any thread may call this (with a clock
  // and random numbers that are for any thread): what several wait for is committed together.
  template <typename Answer>
  absl::StatusOr<Answer> Wait(absl::FunctionRef<void(Done<Answer>)> start) {
    absl::StatusOr<Answer> result = absl::InternalError("the handler gave no answer");
    std::atomic<bool> answered = false;
    start([&](absl::StatusOr<Answer> answer) {
      result = std::move(answer);
      answered.store(true, std::memory_order_release);
    });
    while (!answered.load(std::memory_order_acquire) && CommitOnce(answered)) {
    }
    return result;
  }

 private:
  // One group, unless `answered` meanwhile. False: nothing waited.
  bool CommitOnce(const std::atomic<bool>& answered);

  Committer& committer_;
  absl::Mutex committing_;
  std::unique_ptr<Coordinator> coordinator_;
};

}  // namespace mig::coordinator::testing

#endif  // MIG_COORDINATOR_HANDLERS_TESTING_DRIVEN_COORDINATOR_H_
