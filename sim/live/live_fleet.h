// The machines of a live run, and what each of their loader's runs does.

#ifndef MIG_SIM_LIVE_LIVE_FLEET_H_
#define MIG_SIM_LIVE_LIVE_FLEET_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "base/clock.h"
#include "coordinator/handlers/testing/driven_coordinator.h"
#include "sim/live/arrivals.h"
#include "sim/live/live_connector.h"
#include "sim/world/machine.h"
#include "sim/world/world.h"
#include "trust/token/token.h"

namespace mig::sim {

class LiveFleet {
 public:
  // Borrowed. The machines have their keys and no certificates.
  LiveFleet(World& world, const LiveNetwork& network);

  // The first so many get their certificates now, by the shipped enrollment on both sides;
  // `token` has as many uses. The first error. Cancelled: `is_stopped` said so, which is asked
  // before each of them, by any thread.
  absl::Status EnrollNow(size_t count, const trust::Token& token,
                         coordinator::testing::DrivenCoordinator& coordinator,
                         absl::FunctionRef<bool()> is_stopped);
  // What the others come in with, in their first run.
  void GiveToken(const trust::Token& token) { token_ = token; }

  // One run of one machine's loader, measured. Any thread, for different hosts.
  void Run(const Arrival& arrival);

  size_t size() const { return hosts_.size(); }
  Machine& machine(size_t host) { return *hosts_[host]->machine; }

 private:
  struct LiveHost {
    LiveHost(const LiveNetwork& network, size_t index) : connector(network, index) {}

    LiveConnector connector;
    std::unique_ptr<Machine> machine;
    bool enrolled = false;
  };

  const LiveNetwork& network_;
  std::vector<std::unique_ptr<LiveHost>> hosts_;
  std::optional<trust::Token> token_;
};

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_LIVE_FLEET_H_
