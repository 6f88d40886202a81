// The clock of all machines of a live run: the machine's own, until the run is abandoned.

#ifndef MIG_SIM_LIVE_LIVE_CLOCK_H_
#define MIG_SIM_LIVE_LIVE_CLOCK_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "base/clock.h"

namespace mig::sim {

// Any thread.
class LiveClock : public base::Clock {
 public:
  // Borrowed.
  explicit LiveClock(base::Clock& real) : real_(real) {}

  // From now on no wait lasts: time jumps to its deadline instead, so that whoever waits (for an
  // agent's probation, for an answer) ends within kSlice. Waits without a deadline go on.
  void Abandon() { abandoned_ = true; }
  bool is_abandoned() const { return abandoned_; }

  absl::Time WallNow() override { return real_.WallNow() + skipped(); }
  base::MonotonicTime MonotonicNow() override { return real_.MonotonicNow() + skipped(); }
  base::BootTime BootNow() override { return real_.BootNow() + skipped(); }
  std::string BootId() override { return real_.BootId(); }
  void SleepUntil(base::MonotonicTime deadline) override;
  std::unique_ptr<base::Event> NewEvent() override;

  // How long a wait may go on after Abandon.
  static constexpr absl::Duration kSlice = absl::Milliseconds(200);

 private:
  class LiveEvent;

  absl::Duration skipped() const { return absl::Nanoseconds(skipped_ns_.load()); }
  void JumpTo(base::MonotonicTime deadline);

  base::Clock& real_;
  std::atomic<bool> abandoned_ = false;
  std::atomic<int64_t> skipped_ns_ = 0;
};

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_LIVE_CLOCK_H_
