#include "sim/live/enroll_at_last.h"

#include "absl/time/time.h"
#include "loader/enroll/enroll.h"

namespace mig::sim {

namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(50);  // doubled each time

}  // namespace

absl::Status EnrollAtLast(const loader::Host& host, const trust::Token& token) {
  absl::Duration pause = kFirstPause;
  for (int tries = 1;; ++tries, pause *= 2) {
    const absl::Status enrolled = loader::Enroll(host, {.token = token}).status();
    if (!absl::IsUnavailable(enrolled) || tries == kEnrollTries) return enrolled;
    // Up to half as long again, so that not all who were refused together come together.
    const double more = static_cast<double>(host.random.Uint64() % 1'000) / 2'000;
    host.clock.SleepUntil(host.clock.MonotonicNow() + (1 + more) * pause);
  }
}

}  // namespace mig::sim
