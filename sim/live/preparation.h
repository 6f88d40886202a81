// Everything that a live run stands on, before its first second: directory, documents, machines, a
// coordinator that serves.

#ifndef MIG_SIM_LIVE_PREPARATION_H_
#define MIG_SIM_LIVE_PREPARATION_H_

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/posix_file_system.h"
#include "base/system_random.h"
#include "loader/transport/grpc_transport.h"
#include "sim/live/coordinator_home.h"
#include "sim/live/coordinator_process.h"
#include "sim/live/live_clock.h"
#include "sim/live/live_connector.h"
#include "sim/live/live_fleet.h"
#include "sim/live/live_options.h"
#include "sim/live/ports.h"
#include "sim/live/scratch_directory.h"
#include "sim/live/tally.h"
#include "sim/live/witness.h"
#include "sim/scenario/scenario.h"
#include "sim/world/world.h"

namespace mig::sim {

// Each rests on those before it.
struct LiveStage {
  std::unique_ptr<base::Clock> real;
  std::unique_ptr<LiveClock> clock;  // of the machines
  base::PosixFileSystem disk;
  base::SystemRandom random;
  std::optional<ScratchDirectory> directory;
  std::vector<ReservedPort> ports;  // loaders, enrollment, operators
  std::optional<CoordinatorHome> home;
  std::unique_ptr<World> world;
  Tally tally;
  std::unique_ptr<Witness> witness;
  std::optional<loader::Tls13Required> tls13;
  std::optional<LiveNetwork> network;
  std::optional<LiveFleet> fleet;
  loader::GrpcTransportOptions operators;  // an operator's way to the coordinator
  std::optional<CoordinatorProcess> coordinator;
  absl::Time start;  // of the run: not come yet
};

// Errors: as RunLive. Takes some seconds, more with more hosts that begin with a certificate.
absl::StatusOr<std::unique_ptr<LiveStage>> Prepare(const Scenario& scenario,
                                                   const LiveOptions& options);

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_PREPARATION_H_
