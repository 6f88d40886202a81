// Waiting for another party, in a way that virtual time can stand in for.

#ifndef MIG_BASE_EVENT_H_
#define MIG_BASE_EVENT_H_

#include "base/time_point.h"

namespace mig::base {

// Happens once and stays so. Made by Clock::NewEvent. Notify may be called by any thread; one
// party waits. It must outlive both calls: who waits destroys it only after a wait said kHappened,
// or when no one will notify any more.
class Event {
 public:
  enum class Result { kHappened, kDeadline };

  virtual ~Event() = default;

  // Wakes who waits, now or later. More than once is the same as once.
  virtual void Notify() = 0;

  // Blocks until the event happened or the deadline came; an event that has happened wins over a
  // deadline that has passed. MonotonicTime::InfiniteFuture() waits without a deadline.
  virtual Result WaitUntil(MonotonicTime deadline) = 0;

  // Does not block.
  virtual bool HasHappened() const = 0;
};

}  // namespace mig::base

#endif  // MIG_BASE_EVENT_H_
