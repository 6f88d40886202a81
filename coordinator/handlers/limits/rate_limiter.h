// How often one address, and all together, may ask for something: token buckets in bounded memory.

#ifndef MIG_COORDINATOR_HANDLERS_LIMITS_RATE_LIMITER_H_
#define MIG_COORDINATOR_HANDLERS_LIMITS_RATE_LIMITER_H_

#include <cstddef>
#include <list>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/time_point.h"
#include "coordinator/handlers/limits/rate.h"

namespace mig::coordinator {

// Any thread may call.
class RateLimiter {
 public:
  struct Options {
    // Many hosts may stand behind one address.
    Rate each = {.burst = 200, .interval = absl::Milliseconds(200)};
    Rate sum = {.burst = 2'000, .interval = absl::Milliseconds(5)};
    // Addresses that are remembered; beyond it the one that asked longest ago is forgotten, and
    // `sum` alone bounds it.
    size_t max_keys = 4'096;
  };

  explicit RateLimiter(const Options& options) : options_(options) {}

  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

  // RATE_LIMIT, which says when to come back; a call that is refused counts nothing.
  absl::Status Admit(absl::string_view key, base::MonotonicTime now);

  // Keys remembered.
  size_t size() const;

 private:
  using Order = std::list<std::string>;  // longest ago first
  struct Known {
    Bucket bucket;
    Order::iterator place;
  };

  Bucket& BucketOf(absl::string_view key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  mutable absl::Mutex mutex_;
  Bucket sum_ ABSL_GUARDED_BY(mutex_);
  Order order_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_LIMITS_RATE_LIMITER_H_
