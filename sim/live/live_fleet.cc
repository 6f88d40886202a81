#include "sim/live/live_fleet.h"

#include <algorithm>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "loader/enroll/enroll.h"
#include "loader/run/run.h"
#include "sim/live/enroll_at_last.h"
#include "sim/live/handler_connector.h"
#include "sim/live/worker_pool.h"

namespace mig::sim {

namespace {

// Who waits for one commit of the store, together: as many as the store lets read at a time.
constexpr size_t kEnrollTogether = 16;

}  // namespace

LiveFleet::LiveFleet(World& world, const LiveNetwork& network) : network_(network) {
  for (size_t i = 0; i < world.hosts(); ++i) {
    hosts_.push_back(std::make_unique<LiveHost>(network, i));
    LiveHost& host = *hosts_.back();
    host.machine = std::make_unique<Machine>(world, i, network.clock, host.connector);
    host.machine->on_agent_start = [&network, &machine = *host.machine] {
      network.witness.AgentStarts(machine);
    };
  }
}

absl::Status LiveFleet::EnrollNow(size_t count, const trust::Token& token,
                                  coordinator::testing::DrivenCoordinator& coordinator,
                                  absl::FunctionRef<bool()> is_stopped) {
  absl::Mutex mutex;
  absl::Status first;
  ForAll(std::min(kEnrollTogether, count), count, [&](size_t index) {
    if (is_stopped()) {
      const absl::MutexLock lock(&mutex);
      first.Update(absl::CancelledError("stopped before all hosts were enrolled"));
      return;
    }
    LiveHost& host = *hosts_[index];
    HandlerConnector connector(network_.clock, coordinator);
    // The same machine, but for this way in.
    const loader::Host& usual = host.machine->host();
    const loader::Host here{.clock = usual.clock,
                            .random = usual.random,
                            .disk = usual.disk,
                            .executor = usual.executor,
                            .facts = usual.facts,
                            .services = usual.services,
                            .connector = connector,
                            .config = usual.config,
                            .dictionary = usual.dictionary};
    const absl::Status enrolled = EnrollAtLast(here, token);
    host.enrolled = enrolled.ok();
    const absl::MutexLock lock(&mutex);
    first.Update(enrolled);
  });
  return first;
}

void LiveFleet::Run(const Arrival& arrival) {
  LiveHost& host = *hosts_[arrival.host];
  const absl::Duration lateness =
      std::max(network_.clock.WallNow() - arrival.at, absl::ZeroDuration());
  network_.tally.RunBegan(lateness);
  host.connector.BeginRun(lateness);
  if (!host.enrolled) {
    host.enrolled = loader::Enroll(host.machine->host(), {.token = *token_}).ok();
    if (host.enrolled) network_.tally.Enrolled();
  }
  loader::RunResult result;
  // A host that did not come in tries again in its next run.
  if (host.enrolled) {
    result = loader::Run(host.machine->host(), loader::When::kNow);
    network_.witness.Ended(*host.machine, result);
  }
  network_.tally.RunEnded(network_.clock.WallNow() - arrival.at, result);
}

}  // namespace mig::sim
