#include "loader/run/check_in/clock_judge.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "loader/run/session/status_record.h"
#include "trust/times.h"

namespace mig::loader {

absl::Status JudgeClock(Session& session) {
  TrustSession& trust = session.trust();
  const trust::ClockReading now = ReadClocks(session.host.clock);
  const absl::Time closed = trust.state().waves_closed_until.value_or(absl::InfinitePast());
  absl::Time until = trust::WavesClosedUntil(closed, session.status().last_clocks(), now,
                                             trust.held().newest_issued());
  session.status().SetClocks(now);
  const bool jumped = until != closed;
  // A clock that was set back after it had been wrong: no longer than a day from now.
  until = std::min(until, now.wall + base::kWavesClosedAfterStep);
  if (until != closed) {
    trust.state().waves_closed_until = until;
    MIG_RETURN_IF_ERROR(trust.Save());
  }
  if (jumped) {
    session.ReportNotice(
        {.code = v1::Refusal::CLOCK_JUMPED,
         .text = absl::StrCat("the clock stepped forward, unexplained; no wave opens here before ",
                              absl::FormatTime("%Y-%m-%d %H:%M UTC", until, absl::UTCTimeZone()))});
  }
  return absl::OkStatus();
}

}  // namespace mig::loader
