// The times that a decision is made with. Passed in: rollout/ reads no clock.

#ifndef MIG_ROLLOUT_CLOCKS_H_
#define MIG_ROLLOUT_CLOCKS_H_

#include <algorithm>

#include "absl/time/time.h"

namespace mig::rollout {

// A value. All three clocks go on together, so an answer that changes when one of them reaches some
// time changes when `system` has gone on by as much.
struct Clocks {
  // The machine's own clock; answers' `valid_until` is a time of it.
  absl::Time system;
  // trust::NotBeforeNow: waves, canaries, windows, a baseline's beginning. Never above `system`.
  absl::Time not_before;
  // trust::NotAfterNow: ends of plans, their age. Never below `system`.
  absl::Time not_after;
  // The clock jumped: nothing opens before `system` reaches this (trust::WavesClosedUntil).
  absl::Time waves_closed_until = absl::InfinitePast();

  // One clock for all: a coordinator's, or a host's with a good clock and no assignment.
  static Clocks All(absl::Time now) {
    return Clocks{.system = now, .not_before = now, .not_after = now};
  }
};

// What may be asked of a plan again later (docs/protocol.md, "Plan rules, in numbers").
enum class Moment {
  kVerify,  // everything
  // Everything but whether the judged plan has ended: that never stops an install under way. Of
  // other plans it is asked all the same (JudgeItem).
  kCommit,
};

// The least of several times at which an answer can change, as a time of the system clock.
class NextChange {
 public:
  explicit NextChange(const Clocks& clocks) : clocks_(clocks) {}

  // A time of the named clock; only one that is still to come counts.
  void AtNotBefore(absl::Time t) { After(t - clocks_.not_before); }
  void AtNotAfter(absl::Time t) { After(t - clocks_.not_after); }
  void AtSystem(absl::Time t) { After(t - clocks_.system); }

  // absl::InfiniteFuture() if nothing changes by itself.
  absl::Time time() const { return clocks_.system + least_; }

 private:
  void After(absl::Duration d) {
    if (d > absl::ZeroDuration()) least_ = std::min(least_, d);
  }

  const Clocks& clocks_;
  absl::Duration least_ = absl::InfiniteDuration();
};

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_CLOCKS_H_
