// The one thread that commits, in production.

#ifndef MIG_COORDINATOR_STORE_WRITER_THREAD_H_
#define MIG_COORDINATOR_STORE_WRITER_THREAD_H_

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "absl/time/time.h"
#include "coordinator/store/committer.h"

namespace mig::coordinator {

// Commits what `committer` says is waiting, in time. It blocks on a condition variable of its own,
// in real time; in virtual time nobody makes one.
class WriterThread : public CommitTimer {
 public:
  // Becomes the timer of `committer`, which must outlive it.
  explicit WriterThread(Committer& committer);
  // Commits what still waits, then stops. Nobody may append any more.
  ~WriterThread() override;

  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;

  void CommitWithin(absl::Duration delay) override;

 private:
  void Work();

  Committer& committer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // When to commit next; guarded by mutex_.
  std::optional<std::chrono::steady_clock::time_point> due_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_WRITER_THREAD_H_
