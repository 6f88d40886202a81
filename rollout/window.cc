#include "rollout/window.h"

#include "base/sizes.h"

namespace mig::rollout {
namespace {

constexpr int64_t kMinuteMs = 60 * 1000;
constexpr int64_t kDayMs = int64_t{base::kMinutesPerDay} * kMinuteMs;
// 1970-01-01 was a Thursday; Monday is 0.
constexpr int64_t kWeekdayOfDayZero = 3;

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

int64_t LocalMs(absl::Time t, int32_t utc_offset_min) {
  return absl::ToUnixMillis(t) + utc_offset_min * kMinuteMs;
}

// Whether the window starts on local day number `day` since 1970-01-01.
bool StartsOn(const trust::Window& window, int64_t day) {
  const int64_t shifted = day + kWeekdayOfDayZero;
  const int64_t weekday = shifted - 7 * FloorDiv(shifted, 7);
  return ((window.days >> weekday) & 1) != 0;
}

bool IsOpenAtLocal(const trust::Window& window, int64_t local_ms) {
  const int64_t today = FloorDiv(local_ms, kDayMs);
  // At most a day long: it started today or yesterday.
  for (const int64_t day : {today - 1, today}) {
    const int64_t start = day * kDayMs + window.start_minute * kMinuteMs;
    const int64_t end = start + window.length_minutes * kMinuteMs;
    if (StartsOn(window, day) && start <= local_ms && local_ms < end) return true;
  }
  return false;
}

}  // namespace

bool IsOpen(const trust::Window& window, int32_t utc_offset_min, absl::Time now) {
  return IsOpenAtLocal(window, LocalMs(now, utc_offset_min));
}

absl::Time NextWindowChange(const trust::Window& window, int32_t utc_offset_min, absl::Time now) {
  const int64_t now_ms = LocalMs(now, utc_offset_min);
  const bool open = IsOpenAtLocal(window, now_ms);
  const int64_t today = FloorDiv(now_ms, kDayMs);

  // Ends of yesterday's window and the starts and ends of the week to come are all the times at
  // which it can change; they come in order but for the end of a day-long one, so take the least.
  int64_t least = INT64_MAX;
  for (int64_t day = today - 1; day <= today + 7; ++day) {
    const int64_t start = day * kDayMs + window.start_minute * kMinuteMs;
    const int64_t end = start + window.length_minutes * kMinuteMs;
    for (const int64_t edge : {start, end}) {
      if (edge > now_ms && edge < least && IsOpenAtLocal(window, edge) != open) least = edge;
    }
  }
  if (least == INT64_MAX) return absl::InfiniteFuture();
  return absl::FromUnixMillis(least - utc_offset_min * kMinuteMs);
}

absl::Time NextOpen(const trust::Window& window, int32_t utc_offset_min, absl::Time now) {
  return IsOpen(window, utc_offset_min, now) ? now : NextWindowChange(window, utc_offset_min, now);
}

}  // namespace mig::rollout
