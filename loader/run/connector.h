// How a run comes to its clients: which server it must be, and what the host shows, are known only
// once the trusted state is loaded. Real: cli/grpc_connector.h.

#ifndef MIG_LOADER_RUN_CONNECTOR_H_
#define MIG_LOADER_RUN_CONNECTOR_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "loader/state/identity_store.h"
#include "loader/transport/coordinator_client.h"
#include "loader/transport/enrollment_client.h"

namespace mig::loader {

// One server, and who may vouch for it.
struct ServerAddress {
  std::string endpoint;        // "host:port"
  std::string server_cas_pem;  // 1 to kMaxServerCas certificates
};

// One thread at a time. Connects nothing yet: that is for a client's first call, and its errors
// say so. InvalidArgument: an endpoint or a PEM that is none.
class Connector {
 public:
  virtual ~Connector() = default;

  virtual absl::StatusOr<std::unique_ptr<CoordinatorClient>> ToCoordinator(
      const ServerAddress& server, const IdentityPem& identity) = 0;
  virtual absl::StatusOr<std::unique_ptr<EnrollmentClient>> ToEnrollment(
      const ServerAddress& server) = 0;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_CONNECTOR_H_
