// The limit of everything that goes through LoaderService: the same messages over the same
// transport, with handlers that do nothing.

#ifndef MIG_BENCH_TRANSPORT_EMPTY_SERVICE_H_
#define MIG_BENCH_TRANSPORT_EMPTY_SERVICE_H_

#include <cstdint>
#include <memory>

#include "bench/transport/tls_pems.h"
#include "proto/mig/v1/checkin.pb.h"

namespace mig::bench {

struct EmptyAnswers {
  // Every check-in gets it, whoever asks.
  v1::CheckInAnswer check_in;
  // Every fetch gets as many bytes, in chunks as the coordinator makes them, out of one buffer.
  uint64_t content_bytes = 0;
};

// Serves on a free port of 127.0.0.1, with gRPC's callback API and the coordinator's bounds, until
// it is destroyed.
class EmptyService {
 public:
  // Crashes if it cannot: there is nothing to measure then.
  EmptyService(const ServerPems& pems, const EmptyAnswers& answers);
  ~EmptyService();

  uint16_t port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mig::bench

#endif  // MIG_BENCH_TRANSPORT_EMPTY_SERVICE_H_
