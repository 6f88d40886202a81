// Which time counts (R2): pure functions over what clocks and documents say. Nothing that an online
// key signs ever moves a stored clock.

#ifndef MIG_TRUST_TIMES_H_
#define MIG_TRUST_TIMES_H_

#include <optional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/time_point.h"

namespace mig::trust {

// The not-after clock, for expiry of roots and plans: max(system clock, issue times of all held
// roots, manifests and plans that verify under the current root). Computed, never stored.
absl::Time NotAfterNow(absl::Time system_now, std::span<const absl::Time> held_issued);

// The not-before clock, for waves, canaries, the baseline's begin: min(system clock, the
// assignment's issue time); the system clock alone where there is no assignment.
absl::Time NotBeforeNow(absl::Time system_now, std::optional<absl::Time> assignment_issued);

// One look at a machine's clocks.
struct ClockReading {
  absl::Time wall;
  base::BootTime boot;
  std::string boot_id;  // another one for each boot; boot times compare only where it is the same
};

// ASSIGNMENT_OVER unless `now` lies within `lifetime` of `requested` in the same boot, and the wall
// clock has not moved by more than that either (a paused machine's boot clock stands still).
absl::Status CheckAssignmentLives(const ClockReading& requested, absl::Duration lifetime,
                                  const ClockReading& now);

// By this much the wall clock may run ahead of the boot clock between two runs.
inline constexpr absl::Duration kUnexplainedStepTolerance = absl::Minutes(1);

// Until when waves stay closed after `now`: 24 h from now if the wall clock stepped forward, since
// `before` in the same boot, by more than boot time explains, unless it was behind
// `newest_held_issued` before the step (a machine without a battery clock); else `closed_until` as
// it was. Over a reboot nothing can be said: how long a machine was off, no clock of it tells.
absl::Time WavesClosedUntil(absl::Time closed_until, const std::optional<ClockReading>& before,
                            const ClockReading& now, absl::Time newest_held_issued);

}  // namespace mig::trust

#endif  // MIG_TRUST_TIMES_H_
