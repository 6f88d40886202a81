// The clients over gRPC with mutual TLS 1.3. The process sets GRPC_SSL_CIPHER_SUITES before the
// first call (docs/protocol.md, "On the wire"): main does.

#ifndef MIG_CTL_TRANSPORT_GRPC_CONNECTOR_H_
#define MIG_CTL_TRANSPORT_GRPC_CONNECTOR_H_

#include <memory>

#include "ctl/transport/admin_client.h"

namespace mig::ctl {

class GrpcConnector : public Connector {
 public:
  std::unique_ptr<AdminClient> Admin(const ServerAddress& server,
                                     const OperatorIdentity& identity) override;
  std::unique_ptr<EnrollmentClient> Enrollment(const ServerAddress& server) override;
};

}  // namespace mig::ctl

#endif  // MIG_CTL_TRANSPORT_GRPC_CONNECTOR_H_
