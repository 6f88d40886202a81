// Times of clocks that no calendar knows, as types that do not convert into each other.

#ifndef MIG_BASE_TIME_POINT_H_
#define MIG_BASE_TIME_POINT_H_

#include <compare>
#include <ostream>

#include "absl/time/time.h"

namespace mig::base {

// A time of one clock, as a Duration since that clock's own zero. A value.
template <typename Tag>
class TimePoint {
 public:
  constexpr TimePoint() = default;
  explicit constexpr TimePoint(absl::Duration since_zero) : since_zero_(since_zero) {}

  // Later than every other.
  static constexpr TimePoint InfiniteFuture() { return TimePoint(absl::InfiniteDuration()); }

  constexpr absl::Duration since_zero() const { return since_zero_; }

  friend TimePoint operator+(TimePoint t, absl::Duration d) { return TimePoint(t.since_zero_ + d); }
  friend TimePoint operator-(TimePoint t, absl::Duration d) { return TimePoint(t.since_zero_ - d); }
  friend absl::Duration operator-(TimePoint a, TimePoint b) {
    return a.since_zero_ - b.since_zero_;
  }
  friend bool operator==(TimePoint a, TimePoint b) { return a.since_zero_ == b.since_zero_; }
  friend std::strong_ordering operator<=>(TimePoint a, TimePoint b) {
    if (a.since_zero_ < b.since_zero_) return std::strong_ordering::less;
    if (b.since_zero_ < a.since_zero_) return std::strong_ordering::greater;
    return std::strong_ordering::equal;
  }
  friend std::ostream& operator<<(std::ostream& out, TimePoint t) {
    return out << absl::FormatDuration(t.since_zero_);
  }

 private:
  absl::Duration since_zero_;
};

// CLOCK_MONOTONIC and CLOCK_BOOTTIME of Linux.
using MonotonicTime = TimePoint<struct MonotonicTag>;
using BootTime = TimePoint<struct BootTag>;

}  // namespace mig::base

#endif  // MIG_BASE_TIME_POINT_H_
