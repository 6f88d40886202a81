#include "coordinator/transport/workers.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "trust/refusal.h"

namespace mig::coordinator {

Workers::Workers(absl::string_view name, size_t threads, size_t max_waiting)
    : name_(name), max_waiting_(max_waiting) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

absl::Status Workers::Post(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= max_waiting_) {
      return trust::Refuse(v1::Refusal::EXHAUSTED,
                           absl::StrCat("the coordinator is busy (", name_, ": ", waiting_.size(),
                                        " calls wait); come back later"));
    }
    waiting_.push_back(std::move(job));
  }
  changed_.notify_one();
  return absl::OkStatus();
}

void Workers::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

}  // namespace mig::coordinator
