// Time is passed in. Three questions, three types, so that no answer is taken for another one:
// what do people's calendars say (absl::Time), how long did this take (MonotonicTime), and how
// long has this machine been up, sleep included (BootTime: an assignment's life, CONTRACT.md 1).

#ifndef MIG_BASE_CLOCK_H_
#define MIG_BASE_CLOCK_H_

#include <compare>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "base/event.h"
#include "base/time_point.h"

namespace mig::base {

// Threads: all methods may be called from any thread (the stand-ins say where they differ).
class Clock {
 public:
  virtual ~Clock() = default;

  // The system's clock: may step, back too.
  virtual absl::Time WallNow() = 0;
  // Never goes back; stands still while the machine sleeps. For deadlines and measuring.
  virtual MonotonicTime MonotonicNow() = 0;
  // Never goes back within one boot; goes on while the machine sleeps.
  virtual BootTime BootNow() = 0;
  // Another text for each boot of this machine: BootTimes compare only where this is the same.
  virtual std::string BootId() = 0;

  // One of the only two places where the loader's logic blocks (the other is Event::WaitUntil).
  virtual void SleepUntil(MonotonicTime deadline) = 0;

  // An event whose waits follow this clock. The clock must outlive it.
  virtual std::unique_ptr<Event> NewEvent() = 0;
};

}  // namespace mig::base

#endif  // MIG_BASE_CLOCK_H_
