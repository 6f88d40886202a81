// What the coordinator counts, in Prometheus's text format (prometheus.io, exposition formats).
// Names of hosts never become labels: what a host says cannot make a series (ADVERSARY 159).

#ifndef MIG_COORDINATOR_METRICS_METRICS_H_
#define MIG_COORDINATOR_METRICS_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
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
  // absl::StatusCode 0 to 16.
  static constexpr size_t kCodes = 17;

  // The series of one method, so that a call builds no labels to find them. Null: not yet.
  struct Method {
    prometheus::Histogram* seconds = nullptr;
    std::array<prometheus::Counter*, kCodes> calls = {};
  };

  Method AddSeries(absl::string_view method, size_t code);

  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& calls_;
  prometheus::Family<prometheus::Histogram>& seconds_;
  prometheus::Counter& fetched_bytes_;
  std::vector<Gauge> gauges_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Method> methods_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_METRICS_METRICS_H_
