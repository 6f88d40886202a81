#include "loader/services/background_task.h"

#include <signal.h>
#include <sys/eventfd.h>

#include <cstdint>
#include <utility>

#include "base/check.h"

namespace mig::loader {

BackgroundTask::BackgroundTask(base::Clock& clock, std::function<void(int cancel)> work)
    : cancel_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), done_(clock.NewEvent()) {
  MIG_CHECK(cancel_.ok()) << "eventfd: too many open files";
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([work = std::move(work), cancel = cancel_.get(), done = done_.get()] {
    work(cancel);
    done->Notify();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

BackgroundTask::~BackgroundTask() { Cancel(); }

bool BackgroundTask::DoneBefore(base::MonotonicTime deadline) {
  return done_->WaitUntil(deadline) == base::Event::Result::kHappened;
}

void BackgroundTask::Cancel() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  // An eventfd takes this unless it is full, and then it is readable anyhow.
  [[maybe_unused]] const ssize_t written = write(cancel_.get(), &one, sizeof(one));
  thread_.join();
}

}  // namespace mig::loader
