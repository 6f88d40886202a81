// What a load test wants to know of a connection and nothing else can see: when TLS was up, and
// gRPC's own word for how a call ended.

#ifndef MIG_LOADER_TRANSPORT_CONNECTION_OBSERVER_H_
#define MIG_LOADER_TRANSPORT_CONNECTION_OBSERVER_H_

namespace mig::loader {

// Told by gRPC's threads and by those that call; must not block.
class ConnectionObserver {
 public:
  virtual ~ConnectionObserver() = default;

  // The server has proved who it is, and TLS is up on this side: once for each connection.
  virtual void Connected() = 0;
  // A call ended; gRPC's status code, 0: well.
  virtual void CallEnded(int grpc_code) = 0;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_TRANSPORT_CONNECTION_OBSERVER_H_
