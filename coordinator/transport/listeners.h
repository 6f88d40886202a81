// The coordinator's three gRPC listeners (docs/protocol.md, "On the wire"), each with its own
// callers and its own bounds.

#ifndef MIG_COORDINATOR_TRANSPORT_LISTENERS_H_
#define MIG_COORDINATOR_TRANSPORT_LISTENERS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/handlers/coordinator.h"
#include "coordinator/transport/call_meter.h"

namespace mig::coordinator {

// Where one listens: a numeric address of this machine, and a port (0: a free one).
struct Endpoint {
  std::string host;
  uint16_t port = 0;
};

struct ListenersOptions {
  Endpoint loaders;     // mutual TLS: certificates by the loaders' CA
  Endpoint enrollment;  // TLS that authenticates the coordinator only
  Endpoint operators;   // mutual TLS: certificates by the operators' CA
  std::string server_chain_pem;
  std::string server_key_pem;
  std::string loaders_ca_pem;
  std::string operators_ca_pem;
};

// Has its own threads for what blocks; workers.h says which thread runs what.
class Listeners {
 public:
  // Serves until it is destroyed. Each listener has proved that it refuses TLS 1.2 before this
  // returns (tls13.h: call RequireTls13 first). `coordinator` and `meters` must outlive it.
  //
  // Errors: Unavailable         an address is taken or not this machine's, or gRPC does not take
  //                             the certificate; names the address
  //         FailedPrecondition  TLS 1.2 would be accepted
  static absl::StatusOr<std::unique_ptr<Listeners>> Start(Coordinator& coordinator,
                                                          const Meters& meters,
                                                          const ListenersOptions& options);
  // As Shutdown with no time left.
  ~Listeners();

  uint16_t loaders_port() const;
  uint16_t enrollment_port() const;
  uint16_t operators_port() const;

  // Takes no new calls, and gives those under way until `grace` is over.
  void Shutdown(absl::Duration grace);

 private:
  class Impl;
  explicit Listeners(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_TRANSPORT_LISTENERS_H_
