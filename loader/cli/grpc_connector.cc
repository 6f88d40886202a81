#include "loader/cli/grpc_connector.h"

#include <utility>

#include "base/status_macros.h"
#include "loader/transport/typed_client.h"

namespace mig::loader {

absl::StatusOr<Transport*> GrpcConnector::Connect(GrpcTransportOptions options) {
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<Transport> transport,
                       GrpcTransport::Create(clock_, tls13_, std::move(options)));
  kept_.push_back(std::move(transport));
  return kept_.back().get();
}

absl::StatusOr<std::unique_ptr<CoordinatorClient>> GrpcConnector::ToCoordinator(
    const ServerAddress& server, const IdentityPem& identity) {
  MIG_ASSIGN_OR_RETURN(Transport * transport,
                       Connect({.endpoint = server.endpoint,
                                .trust_domain = trust_domain_,
                                .server_cas_pem = server.server_cas_pem,
                                .identity = GrpcTransportOptions::ClientIdentity{
                                    .private_key_pem = identity.private_key,
                                    .certificate_chain_pem = identity.certificate_chain}}));
  return std::make_unique<TypedCoordinatorClient>(clock_, *transport);
}

absl::StatusOr<std::unique_ptr<EnrollmentClient>> GrpcConnector::ToEnrollment(
    const ServerAddress& server) {
  MIG_ASSIGN_OR_RETURN(Transport * transport, Connect({.endpoint = server.endpoint,
                                                       .trust_domain = trust_domain_,
                                                       .server_cas_pem = server.server_cas_pem}));
  return std::make_unique<TypedEnrollmentClient>(clock_, *transport);
}

}  // namespace mig::loader
