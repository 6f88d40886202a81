// What the coordinator adds to gRPC, and the loader to a raw stream: through the real service, over
// mutual TLS on loopback, driver and coordinator in one process.

#ifndef MIG_BENCH_SUITES_SERVICE_SERVICE_SUITE_H_
#define MIG_BENCH_SUITES_SERVICE_SERVICE_SUITE_H_

#include <cstddef>

#include "bench/table/table.h"
#include "loader/transport/tls13.h"

namespace mig::bench {

struct ServiceSuiteOptions {
  size_t connections = 64;          // kept, for the rows of check-ins
  size_t content_bytes = 16 << 20;  // fetched
};
// `tls13`: main has said so before any thread.
void AddServiceRows(Table& table, const loader::Tls13Required& tls13,
                    const ServiceSuiteOptions& options);

}  // namespace mig::bench

#endif  // MIG_BENCH_SUITES_SERVICE_SERVICE_SUITE_H_
