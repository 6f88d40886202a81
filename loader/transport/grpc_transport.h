// The network: gRPC over mutual TLS 1.3.

#ifndef MIG_LOADER_TRANSPORT_GRPC_TRANSPORT_H_
#define MIG_LOADER_TRANSPORT_GRPC_TRANSPORT_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "loader/transport/connection_observer.h"
#include "loader/transport/tls13.h"
#include "loader/transport/transport.h"

namespace mig::loader {

struct GrpcTransportOptions {
  // "mig.corp.example:8443", "10.1.2.3:8443", "[fd00::1]:8443". The server's certificate must have
  // that name or address as a SAN, and a SPIFFE id spiffe://TRUST-DOMAIN/coordinator/NAME: both
  // are checked before any request is sent.
  std::string endpoint;
  std::string trust_domain;

  // PEM, 1 to kMaxServerCas certificates: the servers' CAs of the root. Nothing else is trusted.
  std::string server_cas_pem;

  // What this host shows: PEM. Absent on the enrollment port.
  struct ClientIdentity {
    std::string private_key_pem;
    std::string certificate_chain_pem;
  };
  std::optional<ClientIdentity> identity;

  // HTTP CONNECT through it: "http://proxy.corp:3128", or with "user:password@". Empty: straight,
  // whatever the environment says. For `no_proxy` leave it empty.
  std::string proxy;

  // Null: nobody. Shared, since gRPC may tell it something after the transport is gone.
  std::shared_ptr<ConnectionObserver> observer;
};

// One connection, made at the first call and again when it broke; no retries, no compression, no
// redirect of names by environment variables. gRPC's threads only Notify a base::Event.
class GrpcTransport : public Transport {
 public:
  // Connects nothing yet. The clock is borrowed. CONFIGURATION (InvalidArgument): an endpoint that
  // is none; names it.
  static absl::StatusOr<std::unique_ptr<GrpcTransport>> Create(base::Clock& clock,
                                                               const Tls13Required& tls13,
                                                               GrpcTransportOptions options);
  ~GrpcTransport() override;

  absl::StatusOr<std::string> Unary(Method method, absl::string_view request,
                                    const CallLimits& limits) override;
  // The same of any method of that server, by its path ("/mig.v1.AdminService/StartRollout"): a
  // simulation's operators.
  absl::StatusOr<std::string> UnaryAt(absl::string_view path, absl::string_view request,
                                      const CallLimits& limits);
  absl::Status ServerStream(Method method, absl::string_view request, const CallLimits& limits,
                            absl::FunctionRef<absl::Status(absl::string_view)> take) override;

 private:
  class Channel;
  GrpcTransport(base::Clock& clock, std::unique_ptr<Channel> channel);

  base::Clock& clock_;
  std::unique_ptr<Channel> channel_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_TRANSPORT_GRPC_TRANSPORT_H_
