// The network of fibers: a loader's transport whose other end is a coordinator in this process.
// What it carries are the serialised messages, within the shipped bounds.

#ifndef MIG_TESTS_FIBER_VIRTUAL_CONNECTOR_H_
#define MIG_TESTS_FIBER_VIRTUAL_CONNECTOR_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "loader/run/connector.h"
#include "loader/transport/transport.h"
#include "sim/fiber/host_clock.h"
#include "sim/fiber/virtual_time.h"

namespace mig::tests {

// One host's way to the coordinator. Everything on one thread.
class VirtualConnector : public loader::Connector {
 public:
  // All borrowed. A call takes `latency` there and as long back; its handler runs between, on no
  // fiber, as a server of its own would.
  VirtualConnector(sim::VirtualTime& time, sim::HostClock& clock,
                   coordinator::testing::InProcessCoordinator& coordinator, absl::Duration latency)
      : time_(time), clock_(clock), coordinator_(coordinator), latency_(latency) {}

  absl::StatusOr<std::unique_ptr<loader::CoordinatorClient>> ToCoordinator(
      const loader::ServerAddress& server, const loader::IdentityPem& identity) override;
  absl::StatusOr<std::unique_ptr<loader::EnrollmentClient>> ToEnrollment(
      const loader::ServerAddress& server) override;

  bool away = false;   // no call is answered: each ends at its deadline
  uint64_t calls = 0;  // begun so far

 private:
  class VirtualTransport;

  sim::VirtualTime& time_;
  sim::HostClock& clock_;
  coordinator::testing::InProcessCoordinator& coordinator_;
  const absl::Duration latency_;
};

}  // namespace mig::tests

#endif  // MIG_TESTS_FIBER_VIRTUAL_CONNECTOR_H_
