// The threads that loaders run on: a bounded number, whatever is asked of them.

#ifndef MIG_SIM_LIVE_WORKER_POOL_H_
#define MIG_SIM_LIVE_WORKER_POOL_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "sim/live/arrivals.h"

namespace mig::sim {

// One thread gives work and takes results.
class WorkerPool {
 public:
  // `work` is called by many threads, with different hosts.
  WorkerPool(size_t threads, std::function<void(const Arrival&)> work);
  // As Stop.
  ~WorkerPool();

  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Begun in the order in which they are given, as soon as a thread is free.
  void Give(const Arrival& arrival);
  // Those that have ended since the last call. Waits until there is one, at most so long.
  std::vector<Arrival> TakeEnded(absl::Duration at_most);
  // Begins nothing more, and returns when what was begun has ended.
  void Stop();

 private:
  void Work();

  const std::function<void(const Arrival&)> work_;
  absl::Mutex mutex_;
  absl::CondVar given_changed_;
  absl::CondVar ended_changed_;
  std::deque<Arrival> given_ ABSL_GUARDED_BY(mutex_);
  std::vector<Arrival> ended_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

// Calls `work` with 0 to count - 1, on several threads, and returns when all is done.
void ForAll(size_t threads, size_t count, const std::function<void(size_t)>& work);

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_WORKER_POOL_H_
