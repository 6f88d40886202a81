#include "loader/run/session/effort.h"

#include <algorithm>

namespace mig::loader {

namespace {

constexpr absl::Duration kLongestStage = absl::Hours(24);

}  // namespace

Effort::Effort(base::Clock& clock, v1::Outcome::Stage first)
    : clock_(clock), stage_(first), entered_(clock.MonotonicNow()) {}

void Effort::Enter(v1::Outcome::Stage stage) {
  if (stage == stage_) return;
  spent_[stage_] += Since();
  stage_ = stage;
  entered_ = clock_.MonotonicNow();
}

void Effort::WriteTo(v1::Outcome& outcome) const {
  std::map<v1::Outcome::Stage, absl::Duration> spent = spent_;
  if (stage_ != v1::Outcome::COMPLETE) spent[stage_] += Since();
  outcome.clear_stage_times();
  for (const auto& [stage, duration] : spent) {
    v1::StageTime& time = *outcome.add_stage_times();
    time.set_stage(stage);
    time.set_duration_ms(
        absl::ToInt64Milliseconds(std::clamp(duration, absl::ZeroDuration(), kLongestStage)));
  }
  outcome.set_fetched_bytes(fetched_bytes_);
}

}  // namespace mig::loader
