// A machine's way to the coordinator: real connections, measured.

#ifndef MIG_SIM_LIVE_LIVE_CONNECTOR_H_
#define MIG_SIM_LIVE_LIVE_CONNECTOR_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "loader/run/connector.h"
#include "loader/transport/tls13.h"
#include "sim/live/tally.h"
#include "sim/live/witness.h"

namespace mig::sim {

// What all machines have in common. Borrowed, but for the text.
struct LiveNetwork {
  base::Clock& clock;
  const loader::Tls13Required& tls13;
  Tally& tally;
  Witness& witness;
  std::string trust_domain;
};

// One of each machine; one thread at a time.
class LiveConnector : public loader::Connector {
 public:
  // Of this host. Borrowed, and outlives every client.
  LiveConnector(const LiveNetwork& network, size_t host) : network_(network), host_(host) {}

  // The run that begins is so late: that much is added to what each of its calls takes.
  void BeginRun(absl::Duration lateness) { lateness_ = lateness; }

  absl::StatusOr<std::unique_ptr<loader::CoordinatorClient>> ToCoordinator(
      const loader::ServerAddress& server, const loader::IdentityPem& identity) override;
  absl::StatusOr<std::unique_ptr<loader::EnrollmentClient>> ToEnrollment(
      const loader::ServerAddress& server) override;

 private:
  const LiveNetwork& network_;
  const size_t host_;
  absl::Duration lateness_;
};

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_LIVE_CONNECTOR_H_
