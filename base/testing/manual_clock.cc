#include "base/testing/manual_clock.h"

#include <algorithm>
#include <atomic>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace mig::base::testing {

class ManualClock::ManualEvent : public Event {
 public:
  explicit ManualEvent(ManualClock& clock) : clock_(clock) {}

  void Notify() override { happened_ = true; }

  Result WaitUntil(MonotonicTime deadline) override {
    if (happened_) return Result::kHappened;
    MIG_CHECK(deadline != MonotonicTime::InfiniteFuture())
        << "nobody can notify while a manual clock waits: this would never end";
    clock_.SleepUntil(deadline);
    return Result::kDeadline;
  }

  bool HasHappened() const override { return happened_; }

 private:
  ManualClock& clock_;
  std::atomic<bool> happened_ = false;
};

ManualClock::ManualClock() : ManualClock(absl::FromUnixSeconds(1'767'225'600)) {}

ManualClock::ManualClock(absl::Time wall)
    : wall_(wall), monotonic_(absl::Hours(1)), boot_(absl::Hours(1)) {}

void ManualClock::Advance(absl::Duration d) {
  MIG_CHECK(d >= absl::ZeroDuration()) << d << ": time does not go back, use StepWall";
  const std::lock_guard<std::mutex> lock(mutex_);
  wall_ += d;
  monotonic_ += d;
  boot_ += d;
}

void ManualClock::Suspend(absl::Duration d) {
  MIG_CHECK(d >= absl::ZeroDuration()) << d;
  const std::lock_guard<std::mutex> lock(mutex_);
  wall_ += d;
  boot_ += d;
}

void ManualClock::StepWall(absl::Duration d) {
  const std::lock_guard<std::mutex> lock(mutex_);
  wall_ += d;
}

void ManualClock::Reboot() {
  const std::lock_guard<std::mutex> lock(mutex_);
  monotonic_ = absl::ZeroDuration();
  boot_ = absl::ZeroDuration();
  ++boots_;
}

absl::Time ManualClock::WallNow() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return wall_;
}

MonotonicTime ManualClock::MonotonicNow() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return MonotonicTime(monotonic_);
}

BootTime ManualClock::BootNow() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return BootTime(boot_);
}

std::string ManualClock::BootId() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return absl::StrCat("manual-boot-", boots_);
}

void ManualClock::SleepUntil(MonotonicTime deadline) {
  const absl::Duration left = deadline - MonotonicNow();
  Advance(std::max(left, absl::ZeroDuration()));
}

std::unique_ptr<Event> ManualClock::NewEvent() { return std::make_unique<ManualEvent>(*this); }

}  // namespace mig::base::testing
