// A real gRPC server with a certificate of its own on a free loopback port, that offers no service.

#ifndef MIG_COORDINATOR_TRANSPORT_TESTING_TLS_SERVER_H_
#define MIG_COORDINATOR_TRANSPORT_TESTING_TLS_SERVER_H_

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>

namespace mig::coordinator::testing {

class TlsServer {
 public:
  TlsServer();
  ~TlsServer();

  uint16_t port() const { return static_cast<uint16_t>(port_); }

 private:
  grpc::CallbackGenericService service_;  // answers UNIMPLEMENTED
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace mig::coordinator::testing

#endif  // MIG_COORDINATOR_TRANSPORT_TESTING_TLS_SERVER_H_
