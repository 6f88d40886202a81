// Many hosts that stay connected and check in again and again: the least client that gRPC allows,
// so that what is measured is the server.

#ifndef MIG_BENCH_TRANSPORT_KEPT_CONNECTIONS_H_
#define MIG_BENCH_TRANSPORT_KEPT_CONNECTIONS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "bench/transport/tls_pems.h"
#include "proto/mig/v1/checkin.pb.h"

namespace mig::bench {

// One host: who it is, and what it says at its next check-in.
struct KeptHost {
  ClientPems pems;
  v1::CheckInRequest request;
};

class KeptConnections {
 public:
  // Connects each host to this port of 127.0.0.1, and crashes if one does not get through.
  KeptConnections(uint16_t port, std::vector<KeptHost> hosts);
  ~KeptConnections();

  size_t size() const;

  // Each host checks in `times` times, one after the other, all hosts at the same time, each time
  // with another nonce and the id of the answer before. Crashes if a call fails.
  void CheckIn(size_t times);

  // What host 0 was answered last.
  const v1::CheckInAnswer& last_answer() const;

 private:
  class Host;
  class Turn;
  std::vector<std::unique_ptr<Host>> hosts_;
};

}  // namespace mig::bench

#endif  // MIG_BENCH_TRANSPORT_KEPT_CONNECTIONS_H_
