// An executor with threads of its own.

#ifndef MIG_BASE_THREAD_POOL_EXECUTOR_H_
#define MIG_BASE_THREAD_POOL_EXECUTOR_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/executor.h"

namespace mig::base {

// `width` cores: the caller's thread works too, so it starts width - 1 threads, and those only
// with the first call that has work for them (a run with nothing to do should start none).
// Memory beyond the threads' stacks: a few words per call that is under way.
class ThreadPoolExecutor : public Executor {
 public:
  explicit ThreadPoolExecutor(size_t width);
  // No call may be under way.
  ~ThreadPoolExecutor() override;

  void ParallelFor(size_t count, absl::FunctionRef<void(size_t)> task) override;
  size_t width() const override { return width_; }

 private:
  struct Batch;

  void Work();
  void StartThreads();

  const size_t width_;
  std::mutex mutex_;
  std::condition_variable changed_;   // a batch came, or stopping_
  std::condition_variable left_;      // a thread left a batch
  std::deque<Batch*> batches_;        // with tasks that nobody has taken yet; guarded by mutex_
  bool stopping_ = false;             // guarded by mutex_
  std::vector<std::thread> threads_;  // guarded by mutex_ until the destructor
};

}  // namespace mig::base

#endif  // MIG_BASE_THREAD_POOL_EXECUTOR_H_
