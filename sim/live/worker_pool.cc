#include "sim/live/worker_pool.h"

#include <atomic>
#include <utility>

namespace mig::sim {

WorkerPool::WorkerPool(size_t threads, std::function<void(const Arrival&)> work)
    : work_(std::move(work)) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

WorkerPool::~WorkerPool() { Stop(); }

void WorkerPool::Give(const Arrival& arrival) {
  const absl::MutexLock lock(&mutex_);
  given_.push_back(arrival);
  given_changed_.Signal();
}

std::vector<Arrival> WorkerPool::TakeEnded(absl::Duration at_most) {
  const absl::MutexLock lock(&mutex_);
  if (ended_.empty() && at_most > absl::ZeroDuration()) {
    ended_changed_.WaitWithTimeout(&mutex_, at_most);
  }
  return std::exchange(ended_, {});
}

void WorkerPool::Stop() {
  {
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
    given_changed_.SignalAll();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void WorkerPool::Work() {
  mutex_.Lock();
  for (;;) {
    while (given_.empty() && !stopping_) given_changed_.Wait(&mutex_);
    if (stopping_) break;
    const Arrival arrival = given_.front();
    given_.pop_front();
    mutex_.Unlock();
    work_(arrival);
    mutex_.Lock();
    ended_.push_back(arrival);
    ended_changed_.Signal();
  }
  mutex_.Unlock();
}

void ForAll(size_t threads, size_t count, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next = 0;
  std::vector<std::thread> running;
  for (size_t i = 0; i < threads; ++i) {
    running.emplace_back([&] {
      for (size_t index = next++; index < count; index = next++) work(index);
    });
  }
  for (std::thread& thread : running) thread.join();
}

}  // namespace mig::sim
