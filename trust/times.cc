#include "trust/times.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "trust/refusal.h"

namespace mig::trust {

absl::Time NotAfterNow(absl::Time system_now, std::span<const absl::Time> held_issued) {
  absl::Time newest = system_now;
  for (const absl::Time issued : held_issued) newest = std::max(newest, issued);
  return newest;
}

absl::Time NotBeforeNow(absl::Time system_now, std::optional<absl::Time> assignment_issued) {
  return std::min(system_now, assignment_issued.value_or(system_now));
}

absl::Status CheckAssignmentLives(const ClockReading& requested, absl::Duration lifetime,
                                  const ClockReading& now) {
  const auto over = [lifetime](absl::string_view why) {
    return Refuse(v1::Refusal::ASSIGNMENT_OVER,
                  absl::StrCat("the assignment, good for ", absl::FormatDuration(lifetime),
                               " from its request, is over: ", why, "; check in again"));
  };
  if (now.boot_id != requested.boot_id) return over("the machine was restarted since");
  const absl::Duration elapsed = now.boot - requested.boot;
  if (elapsed < absl::ZeroDuration() || elapsed > lifetime) {
    return over(absl::StrCat(absl::FormatDuration(elapsed), " have passed"));
  }
  const absl::Duration moved = now.wall - requested.wall;
  if (absl::AbsDuration(moved) > lifetime) {
    return over(absl::StrCat("the system clock moved by ", absl::FormatDuration(moved)));
  }
  return absl::OkStatus();
}

absl::Time WavesClosedUntil(absl::Time closed_until, const std::optional<ClockReading>& before,
                            const ClockReading& now, absl::Time newest_held_issued) {
  if (!before.has_value() || before->boot_id != now.boot_id) return closed_until;
  const absl::Duration explained = now.boot - before->boot;
  const absl::Duration stepped = (now.wall - before->wall) - explained;
  if (stepped <= kUnexplainedStepTolerance) return closed_until;
  if (before->wall < newest_held_issued) return closed_until;
  return std::max(closed_until, now.wall + base::kWavesClosedAfterStep);
}

}  // namespace mig::trust
