// A plan's window: local hours in which a host may commit (plan.proto, Window).

#ifndef MIG_ROLLOUT_WINDOW_H_
#define MIG_ROLLOUT_WINDOW_H_

#include <cstdint>

#include "absl/time/time.h"
#include "trust/plan.h"

namespace mig::rollout {

// Whether `now` lies in `window` where local time is `utc_offset_min` minutes east of UTC. The
// window is half open: its last minute is inside, its end is not. One that passes midnight belongs
// to the day on which it starts.
bool IsOpen(const trust::Window& window, int32_t utc_offset_min, absl::Time now);

// The first time > now at which IsOpen is another; absl::InfiniteFuture() if it never is (all days,
// all day).
absl::Time NextWindowChange(const trust::Window& window, int32_t utc_offset_min, absl::Time now);

// The first time >= now at which it is open.
absl::Time NextOpen(const trust::Window& window, int32_t utc_offset_min, absl::Time now);

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_WINDOW_H_
