#include "sim/live/live_clock.h"

#include <algorithm>

namespace mig::sim {

// Waits on a real one, slice by slice.
class LiveClock::LiveEvent : public base::Event {
 public:
  explicit LiveEvent(LiveClock& clock) : clock_(clock), real_(clock.real_.NewEvent()) {}

  void Notify() override { real_->Notify(); }
  bool HasHappened() const override { return real_->HasHappened(); }

  Result WaitUntil(base::MonotonicTime deadline) override {
    if (deadline == base::MonotonicTime::InfiniteFuture()) return real_->WaitUntil(deadline);
    while (!real_->HasHappened()) {
      if (clock_.is_abandoned()) clock_.JumpTo(deadline);
      const absl::Duration left = deadline - clock_.MonotonicNow();
      if (left <= absl::ZeroDuration()) return Result::kDeadline;
      real_->WaitUntil(clock_.real_.MonotonicNow() + std::min(left, kSlice));
    }
    return Result::kHappened;
  }

 private:
  LiveClock& clock_;
  const std::unique_ptr<base::Event> real_;
};

std::unique_ptr<base::Event> LiveClock::NewEvent() { return std::make_unique<LiveEvent>(*this); }

void LiveClock::SleepUntil(base::MonotonicTime deadline) {
  LiveEvent never(*this);
  never.WaitUntil(deadline);
}

void LiveClock::JumpTo(base::MonotonicTime deadline) {
  const int64_t needed = absl::ToInt64Nanoseconds(deadline - real_.MonotonicNow());
  int64_t skipped = skipped_ns_;
  while (skipped < needed && !skipped_ns_.compare_exchange_weak(skipped, needed)) {
  }
}

}  // namespace mig::sim
