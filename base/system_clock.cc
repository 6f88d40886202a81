#include "base/system_clock.h"

#include <time.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <fstream>
#include <mutex>

#include "absl/status/status.h"
#include "base/check.h"

namespace mig::base {

namespace {

absl::Duration Read(clockid_t clock) {
  timespec now;
  MIG_CHECK(clock_gettime(clock, &now) == 0) << "clock " << clock;
  return absl::DurationFromTimespec(now);
}

// Waits in steps: no deadline is then too far for a timespec, and none is missed.
constexpr absl::Duration kLongestStep = absl::Hours(1);

class SystemEvent : public Event {
 public:
  explicit SystemEvent(SystemClock& clock) : clock_(clock) {}

  void Notify() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    happened_ = true;
    changed_.notify_all();  // under the lock: the one who waits may destroy this right after
  }

  Result WaitUntil(MonotonicTime deadline) override {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!happened_) {
      const absl::Duration left = deadline - clock_.MonotonicNow();
      if (left <= absl::ZeroDuration()) return Result::kDeadline;
      // wait_for counts on the steady clock, which is CLOCK_MONOTONIC here.
      changed_.wait_for(lock, absl::ToChronoNanoseconds(std::min(left, kLongestStep)));
    }
    return Result::kHappened;
  }

  bool HasHappened() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return happened_;
  }

 private:
  SystemClock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool happened_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SystemClock>> SystemClock::Open() {
  constexpr char kPath[] = "/proc/sys/kernel/random/boot_id";
  std::string boot_id;
  if (!std::getline(std::ifstream(kPath), boot_id) || boot_id.empty()) {
    return absl::UnavailableError(
        std::string(kPath) +
        " cannot be read: mount /proc, so that this boot can be told apart "
        "from others");
  }
  return std::unique_ptr<SystemClock>(new SystemClock(std::move(boot_id)));
}

absl::Time SystemClock::WallNow() { return absl::UnixEpoch() + Read(CLOCK_REALTIME); }

MonotonicTime SystemClock::MonotonicNow() { return MonotonicTime(Read(CLOCK_MONOTONIC)); }

BootTime SystemClock::BootNow() { return BootTime(Read(CLOCK_BOOTTIME)); }

void SystemClock::SleepUntil(MonotonicTime deadline) {
  for (;;) {
    const MonotonicTime now = MonotonicNow();
    if (now >= deadline) return;
    const MonotonicTime step = std::min(deadline, now + kLongestStep);
    const timespec until = absl::ToTimespec(step.since_zero());
    const int error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    MIG_CHECK(error == 0 || error == EINTR) << "clock_nanosleep gave " << error;
  }
}

std::unique_ptr<Event> SystemClock::NewEvent() { return std::make_unique<SystemEvent>(*this); }

}  // namespace mig::base
