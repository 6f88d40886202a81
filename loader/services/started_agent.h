// The agent that this very run started, as it is watched: also after it has handed its part to
// another process.

#ifndef MIG_LOADER_SERVICES_STARTED_AGENT_H_
#define MIG_LOADER_SERVICES_STARTED_AGENT_H_

#include <cstdint>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/time_point.h"
#include "loader/services/health_watch.h"
#include "loader/services/notify_socket.h"
#include "loader/services/process_handle.h"

namespace mig::loader {

// One thread at a time. `notify` is borrowed; null: nobody listens, and `process` is all there is.
class StartedAgent : public WatchedProcess {
 public:
  StartedAgent(base::Clock& clock, ProcessHandle process, NotifySocket* notify)
      : clock_(clock), process_(std::move(process)), notify_(notify) {}

  bool EndedBefore(base::MonotonicTime deadline) override;
  Said HasSaid() override;
  std::optional<uint32_t> ExitStatus() override { return process_.ExitStatus(); }

 private:
  // Whether there is another main process now.
  bool Follow(const NotifySocket::Said& said);

  base::Clock& clock_;
  ProcessHandle process_;
  NotifySocket* notify_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_STARTED_AGENT_H_
