// How often something may be asked for: a token bucket that is one number.

#ifndef MIG_COORDINATOR_HANDLERS_LIMITS_RATE_H_
#define MIG_COORDINATOR_HANDLERS_LIMITS_RATE_H_

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"
#include "base/time_point.h"

namespace mig::coordinator {

// `burst` calls at once, then one more each `interval`.
struct Rate {
  uint32_t burst = 0;
  absl::Duration interval;

  friend bool operator==(const Rate&, const Rate&) = default;
};

// What was taken of a rate: GCRA (ITU-T I.371). A value. Of the monotonic clock, since a wall clock
// that is set back would lock everybody out.
class Bucket {
 public:
  // How long until one more may be taken; zero: now.
  absl::Duration WaitFor(const Rate& rate, base::MonotonicTime now) const {
    const base::MonotonicTime used_until = std::max(used_until_, now) + rate.interval;
    return std::max(used_until - now - rate.burst * rate.interval, absl::ZeroDuration());
  }

  void Take(const Rate& rate, base::MonotonicTime now) {
    used_until_ = std::max(used_until_, now) + rate.interval;
  }

  // As good as a new one: whoever forgets it gives nobody anything.
  bool IsWhole(base::MonotonicTime now) const { return used_until_ <= now; }

 private:
  // The time until which what was taken uses the rate up.
  base::MonotonicTime used_until_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_LIMITS_RATE_H_
