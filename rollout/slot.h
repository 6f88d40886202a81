// When a host checks in: a pure function of its id and the time (docs/protocol.md, "Cohorts and
// slots"). So a herd cannot form, whatever happened before: after any outage each host waits for
// its own next slot.

#ifndef MIG_ROLLOUT_SLOT_H_
#define MIG_ROLLOUT_SLOT_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "trust/host_id.h"

namespace mig::rollout {

// What a loader remembers of its last try, by its wall clock.
struct LastAttempt {
  absl::Time began;  // failed or not
  // The last answer's wish to be asked again after this; zero: none. It only adds a time.
  absl::Duration hint = absl::ZeroDuration();
};

// The slots of one host. A value.
class CheckInSchedule {
 public:
  // `interval`: whole seconds from 1 s to base::kMaxInterval, else InvalidArgument. (Which
  // intervals a configuration may have is the loader's to say; a demo has seconds.)
  static absl::StatusOr<CheckInSchedule> Make(const trust::HostId& host_id,
                                              absl::Duration interval);

  // BE64(SHA-256("MIG slot v1\0" || host id)[0..8]) mod interval.
  absl::Duration phase() const { return absl::Seconds(phase_s_); }
  absl::Duration interval() const { return absl::Seconds(interval_s_); }

  // The last slot <= now, and the first one > now: Unix seconds = phase (mod interval).
  absl::Time LatestSlot(absl::Time now) const;
  absl::Time NextSlot(absl::Time now) const;

  // Due iff there was no attempt; or the latest slot is later than the last one; or the last one
  // lies in the future (the clock was set back); or its hint, clamped to
  // [min(5 min, interval), interval], has run out.
  bool IsDue(absl::Time now, const std::optional<LastAttempt>& last) const;

  // The first time >= now at which IsDue.
  absl::Time NextDue(absl::Time now, const std::optional<LastAttempt>& last) const;

 private:
  CheckInSchedule(int64_t phase_s, int64_t interval_s)
      : phase_s_(phase_s), interval_s_(interval_s) {}

  absl::Duration ClampedHint(absl::Duration hint) const;

  int64_t phase_s_;
  int64_t interval_s_;
};

// How long after boot the scheduler first calls, so that a site that gets its power back does not
// come all at once: the slot hash mod 10 minutes.
absl::Duration BootDelay(const trust::HostId& host_id);

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_SLOT_H_
