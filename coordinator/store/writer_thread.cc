#include "coordinator/store/writer_thread.h"

namespace mig::coordinator {

WriterThread::WriterThread(Committer& committer) : committer_(committer) {
  thread_ = std::thread([this] { Work(); });
  committer_.SetTimer(this);
}

WriterThread::~WriterThread() {
  committer_.SetTimer(nullptr);
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void WriterThread::CommitWithin(absl::Duration delay) {
  const auto due = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(delay);
  {
    const std::lock_guard lock(mutex_);
    if (due_.has_value() && *due_ <= due) return;
    due_ = due;
  }
  changed_.notify_one();
}

void WriterThread::Work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!due_.has_value()) {
      changed_.wait(lock);
    } else if (std::chrono::steady_clock::now() < *due_) {
      changed_.wait_until(lock, *due_);
    } else {
      due_.reset();
      lock.unlock();
      committer_.CommitNow();
      lock.lock();
    }
  }
  lock.unlock();
  while (committer_.CommitNow() > 0) {
  }
}

}  // namespace mig::coordinator
