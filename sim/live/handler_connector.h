// Into a coordinator in this process, before its program is started: how machines that begin with a
// certificate get it, by the loader's own enrollment and the coordinator's own handlers.

#ifndef MIG_SIM_LIVE_HANDLER_CONNECTOR_H_
#define MIG_SIM_LIVE_HANDLER_CONNECTOR_H_

#include <memory>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "coordinator/handlers/testing/driven_coordinator.h"
#include "loader/run/connector.h"

namespace mig::sim {

// Enrollment only. Any thread may have one.
class HandlerConnector : public loader::Connector {
 public:
  // Borrowed.
  HandlerConnector(base::Clock& clock, coordinator::testing::DrivenCoordinator& coordinator)
      : clock_(clock), coordinator_(coordinator) {}

  absl::StatusOr<std::unique_ptr<loader::CoordinatorClient>> ToCoordinator(
      const loader::ServerAddress& server, const loader::IdentityPem& identity) override;
  absl::StatusOr<std::unique_ptr<loader::EnrollmentClient>> ToEnrollment(
      const loader::ServerAddress& server) override;

 private:
  base::Clock& clock_;
  coordinator::testing::DrivenCoordinator& coordinator_;
};

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_HANDLER_CONNECTOR_H_
