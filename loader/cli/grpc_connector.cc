#include "loader/cli/grpc_connector.h"

#include <utility>

#include "base/status_macros.h"
#include "loader/transport/grpc_transport.h"
#include "loader/transport/typed_client.h"

namespace mig::loader {

namespace {

// A typed client with the transport that it borrows.
template <typename Client>
class Owning : public Client {
 public:
  Owning(base::Clock& clock, std::unique_ptr<Transport> transport)
      : Client(clock, *transport), transport_(std::move(transport)) {}

 private:
  std::unique_ptr<Transport> transport_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<CoordinatorClient>> GrpcConnector::ToCoordinator(
    const ServerAddress& server, const IdentityPem& identity) {
  MIG_ASSIGN_OR_RETURN(
      std::unique_ptr<Transport> transport,
      GrpcTransport::Create(clock_, tls13_,
                            {.endpoint = server.endpoint,
                             .trust_domain = trust_domain_,
                             .server_cas_pem = server.server_cas_pem,
                             .identity = GrpcTransportOptions::ClientIdentity{
                                 .private_key_pem = identity.private_key,
                                 .certificate_chain_pem = identity.certificate_chain}}));
  return std::make_unique<Owning<TypedCoordinatorClient>>(clock_, std::move(transport));
}

absl::StatusOr<std::unique_ptr<EnrollmentClient>> GrpcConnector::ToEnrollment(
    const ServerAddress& server) {
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<Transport> transport,
                       GrpcTransport::Create(clock_, tls13_,
                                             {.endpoint = server.endpoint,
                                              .trust_domain = trust_domain_,
                                              .server_cas_pem = server.server_cas_pem}));
  return std::make_unique<Owning<TypedEnrollmentClient>>(clock_, std::move(transport));
}

}  // namespace mig::loader
