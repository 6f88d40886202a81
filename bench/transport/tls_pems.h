// What both ends of a mutual TLS connection are given, as gRPC takes it.

#ifndef MIG_BENCH_TRANSPORT_TLS_PEMS_H_
#define MIG_BENCH_TRANSPORT_TLS_PEMS_H_

#include <string>

namespace mig::bench {

struct ServerPems {
  std::string chain;
  std::string key;
  std::string client_ca;
};

struct ClientPems {
  std::string chain;
  std::string key;
  std::string server_ca;
};

}  // namespace mig::bench

#endif  // MIG_BENCH_TRANSPORT_TLS_PEMS_H_
