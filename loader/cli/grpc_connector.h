// Clients over real connections.

#ifndef MIG_LOADER_CLI_GRPC_CONNECTOR_H_
#define MIG_LOADER_CLI_GRPC_CONNECTOR_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "loader/run/connector.h"
#include "loader/transport/tls13.h"

namespace mig::loader {

// The clock is borrowed, and outlives the clients.
class GrpcConnector : public Connector {
 public:
  GrpcConnector(base::Clock& clock, const Tls13Required& tls13, std::string trust_domain)
      : clock_(clock), tls13_(tls13), trust_domain_(std::move(trust_domain)) {}

  absl::StatusOr<std::unique_ptr<CoordinatorClient>> ToCoordinator(
      const ServerAddress& server, const IdentityPem& identity) override;
  absl::StatusOr<std::unique_ptr<EnrollmentClient>> ToEnrollment(
      const ServerAddress& server) override;

 private:
  base::Clock& clock_;
  const Tls13Required tls13_;
  const std::string trust_domain_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_CLI_GRPC_CONNECTOR_H_
