// A clock that stands still until a test moves it.

#ifndef MIG_BASE_TESTING_MANUAL_CLOCK_H_
#define MIG_BASE_TESTING_MANUAL_CLOCK_H_

#include <memory>
#include <mutex>
#include <string>

#include "absl/time/time.h"
#include "base/clock.h"

namespace mig::base::testing {

// Begins at 2026-01-01 00:00:00 UTC, up for one hour, unless said otherwise. Whoever sleeps or
// waits moves it to the deadline at once, so nothing here takes real time. Any thread may call;
// waiting for a Notify by *another thread* needs a real clock.
class ManualClock : public Clock {
 public:
  ManualClock();
  explicit ManualClock(absl::Time wall);

  // Time passes: all three go on. Not negative.
  void Advance(absl::Duration d);
  // The machine sleeps: wall and boot time go on, monotonic time does not.
  void Suspend(absl::Duration d);
  // Somebody sets the clock, by any step: boot and monotonic time do not move.
  void StepWall(absl::Duration d);
  // The machine restarts: boot and monotonic time begin anew, BootId is another one.
  void Reboot();

  absl::Time WallNow() override;
  MonotonicTime MonotonicNow() override;
  BootTime BootNow() override;
  std::string BootId() override;
  void SleepUntil(MonotonicTime deadline) override;
  std::unique_ptr<Event> NewEvent() override;

 private:
  class ManualEvent;

  std::mutex mutex_;
  absl::Time wall_;
  absl::Duration monotonic_;
  absl::Duration boot_;
  int boots_ = 1;
};

}  // namespace mig::base::testing

#endif  // MIG_BASE_TESTING_MANUAL_CLOCK_H_
