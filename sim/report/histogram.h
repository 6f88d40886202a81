// Latencies, as a log-linear histogram (Gil Tene's HdrHistogram has the idea): a fixed size
// whatever it is given, and a value that is off by less than 1/128 of itself.

#ifndef MIG_SIM_REPORT_HISTOGRAM_H_
#define MIG_SIM_REPORT_HISTOGRAM_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace mig::sim {

// From 1 us to about 70 min; what lies outside counts as the nearest. A value; about 30 KiB. One
// thread at a time.
class Histogram {
 public:
  Histogram();

  void Add(absl::Duration value);
  // As if this had been given all that `other` was.
  void Merge(const Histogram& other);

  uint64_t count() const { return count_; }
  // Exact, not of a bucket; zero if there is none.
  absl::Duration max() const { return max_; }
  // The least value that a share of at least `per_hundred_thousand` of all are not above (50,000:
  // the median); zero if there is none.
  absl::Duration Quantile(uint32_t per_hundred_thousand) const;

 private:
  static size_t BucketOf(uint64_t us);
  static uint64_t HighestOf(size_t bucket);

  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  absl::Duration max_ = absl::ZeroDuration();
};

}  // namespace mig::sim

#endif  // MIG_SIM_REPORT_HISTOGRAM_H_
