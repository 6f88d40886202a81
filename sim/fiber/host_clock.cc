#include "sim/fiber/host_clock.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace mig::sim {

class HostClock::HostEvent : public base::Event {
 public:
  explicit HostEvent(HostClock& clock) : clock_(clock) {}

  void Notify() override {
    happened_ = true;
    if (waiter_) clock_.time_.Wake(*waiter_);
  }

  Result WaitUntil(base::MonotonicTime deadline) override {
    MIG_CHECK(!waiter_) << "two wait for one event";
    if (clock_.before_wait) clock_.before_wait();
    for (;;) {
      if (!clock_.Asleep()) {
        if (happened_) return Result::kHappened;
        if (clock_.MonotonicNow() >= deadline) return Result::kDeadline;
      }
      if (Wait(happened_ ? clock_.awake_at_ : clock_.When(deadline)) ==
          VirtualTime::Wakeup::kCancelled)
        return Result::kDeadline;
    }
  }

  bool HasHappened() const override { return happened_; }

 private:
  VirtualTime::Wakeup Wait(WorldTime until) {
    // Also when Cancelled leaves through here.
    struct Leaves {
      std::optional<FiberId>& waiter;
      ~Leaves() { waiter.reset(); }
    };
    const Leaves leaves{waiter_};
    waiter_ = clock_.time_.Current();
    return clock_.time_.SuspendUntil(until);
  }

  HostClock& clock_;
  bool happened_ = false;
  std::optional<FiberId> waiter_;
};

HostClock::HostClock(VirtualTime& time, HostClockOptions options)
    : time_(time),
      name_(std::move(options.name)),
      booted_(time.Now() - options.up),
      wall_at_boot_(options.wall - options.up),
      awake_at_(time.Now()) {
  MIG_CHECK(options.up >= absl::ZeroDuration()) << options.up;
}

void HostClock::Suspend(absl::Duration span) {
  MIG_CHECK(span >= absl::ZeroDuration()) << span;
  awake_at_ = std::max(awake_at_, time_.Now()) + span;
  slept_ += span;
}

void HostClock::Reboot() {
  wall_at_boot_ = WallNow();
  booted_ = time_.Now();
  awake_at_ = time_.Now();
  slept_ = absl::ZeroDuration();
  ++boots_;
}

absl::Time HostClock::WallNow() { return wall_at_boot_ + (time_.Now() - booted_); }

base::MonotonicTime HostClock::MonotonicNow() {
  return base::MonotonicTime(std::max(time_.Now(), awake_at_) - booted_ - slept_);
}

base::BootTime HostClock::BootNow() { return base::BootTime(time_.Now() - booted_); }

std::string HostClock::BootId() { return absl::StrCat(name_, "-boot-", boots_); }

void HostClock::SleepUntil(base::MonotonicTime deadline) {
  if (before_wait) before_wait();
  while (Asleep() || MonotonicNow() < deadline) {
    if (time_.SuspendUntil(When(deadline)) == VirtualTime::Wakeup::kCancelled) return;
  }
}

std::unique_ptr<base::Event> HostClock::NewEvent() { return std::make_unique<HostEvent>(*this); }

WorldTime HostClock::When(base::MonotonicTime time) const {
  return std::max(awake_at_, booted_ + slept_ + time.since_zero());
}

}  // namespace mig::sim
