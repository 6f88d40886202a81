// The clocks of one simulated machine, which may be wrong, be set, stand still and begin anew.

#ifndef MIG_SIM_FIBER_HOST_CLOCK_H_
#define MIG_SIM_FIBER_HOST_CLOCK_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/time_point.h"
#include "sim/fiber/virtual_time.h"

namespace mig::sim {

struct HostClockOptions {
  std::string name = "host";  // part of the boot ids
  // What the calendar says when the clock is made: two hosts that differ here are skewed.
  absl::Time wall = absl::FromUnixSeconds(1'767'225'600);  // 2026-01-01 00:00:00 UTC
  // How long the machine has been up by then.
  absl::Duration up = absl::Hours(1);
};

// SleepUntil and its events' WaitUntil suspend the fiber that calls. Unlike other clocks:
// everything on the thread of `time`, Notify too; from no fiber, a wait aborts.
class HostClock : public base::Clock {
 public:
  // `time` must outlive the clock, and the clock its events.
  HostClock(VirtualTime& time, HostClockOptions options);

  // Somebody sets the clock, by any step: boot and monotonic time do not move.
  void StepWall(absl::Duration step) { wall_at_boot_ += step; }
  // The machine sleeps from now on (or, if it does already, longer): wall and boot time go on,
  // monotonic time does not, and the fibers that wait here go on only when it is awake.
  void Suspend(absl::Duration span);
  // Boot and monotonic time begin anew, BootId is another one. Cancel the machine's fibers first.
  void Reboot();

  absl::Time WallNow() override;
  base::MonotonicTime MonotonicNow() override;
  base::BootTime BootNow() override;
  std::string BootId() override;

  // Asked at the beginning of each wait, on the fiber that is about to; it may cancel that fiber (a
  // machine that has lost power waits for nothing). Null: nobody is asked.
  std::function<void()> before_wait;

  void SleepUntil(base::MonotonicTime deadline) override;
  std::unique_ptr<base::Event> NewEvent() override;

 private:
  class HostEvent;

  bool Asleep() const { return time_.Now() < awake_at_; }
  // When MonotonicNow will be `time` and the machine awake, if it does not sleep again until then.
  WorldTime When(base::MonotonicTime time) const;

  VirtualTime& time_;
  const std::string name_;
  int boots_ = 1;
  WorldTime booted_;         // when boot time was zero: before the world began, maybe
  absl::Time wall_at_boot_;  // by the clock as it is set now
  absl::Duration slept_;     // of this boot, with the rest of a sleep that goes on
  WorldTime awake_at_;       // the end of the last sleep
};

}  // namespace mig::sim

#endif  // MIG_SIM_FIBER_HOST_CLOCK_H_
