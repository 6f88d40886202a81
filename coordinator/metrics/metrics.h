// What the coordinator counts, in Prometheus's text format (prometheus.io, exposition formats).
// Names of hosts never become labels: what a host says cannot make a series (ADVERSARY 159).

#ifndef MIG_COORDINATOR_METRICS_METRICS_H_
#define MIG_COORDINATOR_METRICS_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mig::coordinator {

// One number that is asked for when the page is made.
struct Gauge {
  std::string name;  // mig_...
  std::string help;
  std::function<double()> read;  // any thread; must not block on I/O
};

// Any thread may call.
class Metrics {
 public:
  Metrics();

  // Before the first Page. `gauge.read` must stay callable as long as this.
  void Add(Gauge gauge);

  // One finished call: mig_calls_total{method,code} and mig_call_seconds{method}. `method` is one
  // of ours ("CheckIn"), never text from a peer.
  void CountCall(absl::string_view method, absl::StatusCode code, absl::Duration took);

  void CountFetchedBytes(uint64_t bytes) { fetched_bytes_.Increment(static_cast<double>(bytes)); }

  std::string Page() const;

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& calls_;
  prometheus::Family<prometheus::Histogram>& seconds_;
  prometheus::Counter& fetched_bytes_;
  std::vector<Gauge> gauges_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_METRICS_METRICS_H_
