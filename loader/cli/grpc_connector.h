// Clients over real connections.

#ifndef MIG_LOADER_CLI_GRPC_CONNECTOR_H_
#define MIG_LOADER_CLI_GRPC_CONNECTOR_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "loader/run/connector.h"
#include "loader/transport/grpc_transport.h"
#include "loader/transport/tls13.h"
#include "loader/transport/transport.h"

namespace mig::loader {

// Connections that were made. A process that ends by _exit keeps them and never lets them go: what
// gRPC does to end one takes as long as a call.
using KeptConnections = std::vector<std::shared_ptr<Transport>>;

// Clock and list are borrowed, and outlive the clients.
class GrpcConnector : public Connector {
 public:
  GrpcConnector(base::Clock& clock, const Tls13Required& tls13, std::string trust_domain,
                KeptConnections& kept)
      : clock_(clock), tls13_(tls13), trust_domain_(std::move(trust_domain)), kept_(kept) {}

  absl::StatusOr<std::unique_ptr<CoordinatorClient>> ToCoordinator(
      const ServerAddress& server, const IdentityPem& identity) override;
  absl::StatusOr<std::unique_ptr<EnrollmentClient>> ToEnrollment(
      const ServerAddress& server) override;

 private:
  absl::StatusOr<Transport*> Connect(GrpcTransportOptions options);

  base::Clock& clock_;
  const Tls13Required tls13_;
  const std::string trust_domain_;
  KeptConnections& kept_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_CLI_GRPC_CONNECTOR_H_
