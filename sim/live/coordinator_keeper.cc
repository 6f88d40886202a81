#include "sim/live/coordinator_keeper.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace mig::sim {

absl::Status CoordinatorKeeper::Tick(absl::Duration lasted) {
  if (state_ == State::kServes) {
    if (!process_.IsRunning()) {
      return absl::UnavailableError(
          absl::StrCat("the coordinator ", process_.how_it_ended(), " after ",
                       absl::FormatDuration(absl::Trunc(lasted, absl::Milliseconds(100)))));
    }
    if (next_ == kills_.size() || lasted < kills_[next_].at) return absl::OkStatus();
    process_.Kill();
    ++killed_;
    start_again_ = kills_[next_].at + kills_[next_].down;
    ++next_;
    state_ = State::kDown;
  }
  if (state_ == State::kDown) {
    if (lasted < start_again_) return absl::OkStatus();
    MIG_RETURN_IF_ERROR(process_.Start());
    state_ = State::kStarts;
  }
  const absl::StatusOr<bool> serves = process_.Serves();
  if (!serves.ok()) {
    return absl::UnavailableError(
        absl::StrCat("the coordinator was killed, and ", serves.status().message()));
  }
  if (*serves) state_ = State::kServes;
  return absl::OkStatus();
}

}  // namespace mig::sim
