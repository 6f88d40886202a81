// Threads for what blocks: so that no call waits for a disk that another one is at.
//
// Which thread runs what:
//   gRPC's own      all connections' bytes and TLS, and what reads memory only: CheckIn, WalkRoots;
//                   of every other call its beginning
//   opening         LoaderService.Fetch up to its first message: the first opening of a content
//                   hashes it, up to 1 GiB, and who wants the same content waits here for that
//   hosts           the other messages of Fetch (reads from the disk), Report, RenewCertificate
//   enrollment      EnrollmentService
//   operators       AdminService, with uploads (writes and fsyncs) and WatchRollout
//   store's writer  commits, follows in memory, and gives the answers that waited for that
// One pool each (listeners.h), so that who fills one holds up no other one.

#ifndef MIG_COORDINATOR_TRANSPORT_WORKERS_H_
#define MIG_COORDINATOR_TRANSPORT_WORKERS_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mig::coordinator {

// Any thread may call.
class Workers {
 public:
  using Job = absl::AnyInvocable<void()>;

  // `name` is what a refusal calls them. At least one thread; at most `max_waiting` jobs wait.
  Workers(absl::string_view name, size_t threads, size_t max_waiting);
  // Runs what still waits. Nobody may post any more.
  ~Workers();

  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Runs `job` on one of the threads, those that were posted first first. EXHAUSTED: too many wait;
  // `job` is gone without having run.
  absl::Status Post(Job job);

 private:
  void Work();

  const std::string name_;
  const size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> waiting_;  // guarded by mutex_
  bool stopping_ = false;    // guarded by mutex_
  std::vector<std::thread> threads_;
};

// In the place of Workers for what returns at once.
struct AtOnce {
  template <typename Job>
  absl::Status Post(Job&& job) const {
    job();
    return absl::OkStatus();
  }
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_TRANSPORT_WORKERS_H_
