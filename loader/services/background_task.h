// The system's own waits (poll on a process, a pipe, a socket) turned into a base::Event: the
// loader's logic waits for nothing else.

#ifndef MIG_LOADER_SERVICES_BACKGROUND_TASK_H_
#define MIG_LOADER_SERVICES_BACKGROUND_TASK_H_

#include <functional>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "base/event.h"
#include "base/time_point.h"
#include "loader/services/unique_fd.h"

namespace mig::loader {

// One piece of work in a thread of its own, which no signal reaches. Its owner is one thread.
class BackgroundTask {
 public:
  // `work` returns as soon as `cancel` becomes readable: it has that descriptor in each of its
  // polls. The clock is borrowed.
  BackgroundTask(base::Clock& clock, std::function<void(int cancel)> work);
  BackgroundTask(const BackgroundTask&) = delete;
  BackgroundTask& operator=(const BackgroundTask&) = delete;
  // Cancels, and waits until work has returned.
  ~BackgroundTask();

  // Whether the work has returned before `deadline`.
  bool DoneBefore(base::MonotonicTime deadline);

  // Makes the work give up and waits for it: then what it wrote may be read.
  void Cancel();

 private:
  UniqueFd cancel_;
  std::unique_ptr<base::Event> done_;
  std::thread thread_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_BACKGROUND_TASK_H_
