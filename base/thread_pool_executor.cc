#include "base/thread_pool_executor.h"

#include <algorithm>
#include <atomic>

#include "base/check.h"

namespace mig::base {

// One ParallelFor: lives on its caller's stack, so the caller leaves last.
struct ThreadPoolExecutor::Batch {
  absl::FunctionRef<void(size_t)> task;
  const size_t count;
  std::atomic<size_t> next = 0;
  size_t inside = 0;  // threads of the pool that work on it; guarded by the pool's mutex

  void Run() {
    for (size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) task(i);
  }
};

ThreadPoolExecutor::ThreadPoolExecutor(size_t width) : width_(width) {
  MIG_CHECK(width >= 1 && width <= 1024) << width;
}

ThreadPoolExecutor::~ThreadPoolExecutor() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPoolExecutor::ParallelFor(size_t count, absl::FunctionRef<void(size_t)> task) {
  Batch batch{.task = task, .count = count};
  if (width_ == 1 || count < 2) return batch.Run();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    StartThreads();
    batches_.push_back(&batch);
  }
  changed_.notify_all();
  batch.Run();

  std::unique_lock<std::mutex> lock(mutex_);
  std::erase(batches_, &batch);  // nobody new comes in
  left_.wait(lock, [&] { return batch.inside == 0; });
}

void ThreadPoolExecutor::StartThreads() {
  while (threads_.size() < width_ - 1) threads_.emplace_back([this] { Work(); });
}

void ThreadPoolExecutor::Work() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !batches_.empty(); });
    if (stopping_) return;
    Batch& batch = *batches_.front();
    ++batch.inside;
    lock.unlock();
    batch.Run();
    lock.lock();
    std::erase(batches_, &batch);  // every task of it is taken
    if (--batch.inside == 0) left_.notify_all();
  }
}

}  // namespace mig::base
