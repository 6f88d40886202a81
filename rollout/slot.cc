#include "rollout/slot.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/endian.h"
#include "base/sha256.h"
#include "base/sizes.h"

namespace mig::rollout {
namespace {

constexpr absl::string_view kLabel("MIG slot v1\0", 12);
constexpr uint64_t kBootSpreadSeconds = 600;

uint64_t SlotHash(const trust::HostId& host_id) {
  return base::ReadU64Be(base::Sha256().Add(kLabel).Add(host_id.bytes()).Finish().bytes());
}

}  // namespace

absl::StatusOr<CheckInSchedule> CheckInSchedule::Make(const trust::HostId& host_id,
                                                      absl::Duration interval) {
  const int64_t seconds = absl::ToInt64Seconds(interval);
  if (interval < absl::Seconds(1) || interval > base::kMaxInterval ||
      absl::Seconds(seconds) != interval) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a check-in interval of ", absl::FormatDuration(interval),
        ": give whole seconds, from 1s to ", absl::FormatDuration(base::kMaxInterval)));
  }
  const uint64_t phase = SlotHash(host_id) % static_cast<uint64_t>(seconds);
  return CheckInSchedule(static_cast<int64_t>(phase), seconds);
}

absl::Time CheckInSchedule::LatestSlot(absl::Time now) const {
  const int64_t now_s = absl::ToUnixSeconds(now);  // rounds down
  int64_t since = (now_s - phase_s_) % interval_s_;
  if (since < 0) since += interval_s_;
  return absl::FromUnixSeconds(now_s - since);
}

absl::Time CheckInSchedule::NextSlot(absl::Time now) const { return LatestSlot(now) + interval(); }

absl::Duration CheckInSchedule::ClampedHint(absl::Duration hint) const {
  return std::clamp(hint, std::min(base::kMinHint, interval()), interval());
}

bool CheckInSchedule::IsDue(absl::Time now, const std::optional<LastAttempt>& last) const {
  return NextDue(now, last) == now;
}

absl::Time CheckInSchedule::NextDue(absl::Time now, const std::optional<LastAttempt>& last) const {
  if (!last.has_value() || last->began > now || LatestSlot(now) > last->began) return now;

  absl::Time due = NextSlot(now);
  if (last->hint > absl::ZeroDuration()) due = std::min(due, last->began + ClampedHint(last->hint));
  return std::max(due, now);
}

absl::Duration BootDelay(const trust::HostId& host_id) {
  return absl::Seconds(static_cast<int64_t>(SlotHash(host_id) % kBootSpreadSeconds));
}

}  // namespace mig::rollout
