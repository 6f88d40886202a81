#include "sim/live/arrivals.h"

#include <algorithm>

#include "absl/strings/string_view.h"
#include "base/check.h"
#include "base/sha256.h"
#include "rollout/slot.h"

namespace mig::sim {

namespace {

// How often `unit` goes into `span`.
uint64_t Whole(absl::Duration span, absl::Duration unit) {
  absl::Duration rest;
  return static_cast<uint64_t>(absl::IDivDuration(span, unit, &rest));
}

}  // namespace

absl::Duration WithinSecond(const trust::HostId& id) {
  constexpr absl::string_view kLabel("MIG sim arrival\0", 16);
  const base::Digest hash = base::Sha256().Add(kLabel).Add(id.bytes()).Finish();
  uint64_t number = 0;
  for (const char byte : hash.bytes().substr(0, 8)) {
    number = number << 8 | static_cast<unsigned char>(byte);
  }
  return absl::Microseconds(static_cast<int64_t>(number % 1'000'000));
}

Arrivals::Arrivals(const std::vector<trust::HostId>& ids, const Options& options)
    : options_(options) {
  const absl::Time end = options.start + options.duration;
  for (size_t host = 0; host < ids.size(); ++host) {
    const auto schedule = rollout::CheckInSchedule::Make(ids[host], options.every);
    MIG_CHECK_OK(schedule);
    // The first slot that, with its place within the second, is not before the start.
    const absl::Duration within = WithinSecond(ids[host]);
    absl::Time first = schedule->LatestSlot(options.start - within) + within;
    if (first < options.start) first += options.every;
    if (first >= end) continue;
    first_.push_back(first);
    queue_.push({.at = first, .host = host});
  }
  std::sort(first_.begin(), first_.end());
}

std::optional<Arrival> Arrivals::Next() const {
  if (queue_.empty()) return std::nullopt;
  return queue_.top();
}

Arrival Arrivals::Take() {
  const Arrival next = queue_.top();
  queue_.pop();
  ++running_;
  return next;
}

void Arrivals::Ended(const Arrival& arrival) {
  --running_;
  const Arrival next = {.at = arrival.at + options_.every, .host = arrival.host};
  if (next.at < options_.start + options_.duration) queue_.push(next);
}

uint64_t Arrivals::IntendedBy(absl::Time now) const {
  const absl::Time end = options_.start + options_.duration;
  now = std::min(now, end - absl::Nanoseconds(1));
  uint64_t sum = 0;
  for (const absl::Time first : first_) {
    if (first > now) break;
    sum += Whole(now - first, options_.every) + 1;
  }
  return sum;
}

}  // namespace mig::sim
