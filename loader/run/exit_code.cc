#include "loader/run/exit_code.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "trust/refusal.h"

namespace mig::loader {

namespace {

using v1::Refusal;

// What a person must rather hear of stands first.
constexpr ExitCode kByGravity[] = {
    ExitCode::kCannotGoBack, ExitCode::kWentBack,    ExitCode::kInternal, ExitCode::kUsage,
    ExitCode::kNotEnrolled,  ExitCode::kRootExpired, ExitCode::kRefused,  ExitCode::kStale,
    ExitCode::kLater,        ExitCode::kChanged,     ExitCode::kOk};

ExitCode ExitCodeOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return ExitCode::kOk;
    case absl::StatusCode::kInvalidArgument:
      return ExitCode::kUsage;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return ExitCode::kLater;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kFailedPrecondition:
      return ExitCode::kRefused;
    default:
      return ExitCode::kInternal;
  }
}

}  // namespace

ExitCode ExitCodeOf(Refusal::Code code) {
  switch (code) {
    case Refusal::NONE:
    case Refusal::ADOPTED:
    case Refusal::ALREADY_INSTALLED:
    case Refusal::NO_VARIANT:
    case Refusal::VARIANT_LIMIT:
    case Refusal::PACKAGE_OWNED:
    case Refusal::LOCAL_CHANGE_KEPT:
    // Not its wave, not now: what a coordinator assigned too early changes nothing here.
    case Refusal::NOT_MATCHED:
    case Refusal::TOO_EARLY:
    case Refusal::HELD_BACK:
    case Refusal::HOLD:
    case Refusal::WINDOW:
    case Refusal::WAVES_CLOSED:
    case Refusal::OTHER_STREAM:
    case Refusal::HALTED:
    case Refusal::NOT_STARTED:
    case Refusal::GATE:
      return ExitCode::kOk;
    case Refusal::CONFIGURATION:
      return ExitCode::kUsage;
    case Refusal::NOT_ENROLLED:
    case Refusal::TOKEN:
    case Refusal::DENIED:
    case Refusal::REVOKED:
    case Refusal::DISABLED:
    case Refusal::UNRECORDED_KEY:
    case Refusal::CERTIFICATE:
    case Refusal::POSSESSION:
    case Refusal::PINNED:
    case Refusal::MACHINE_CHANGED:
      return ExitCode::kNotEnrolled;
    case Refusal::EXIT:
    case Refusal::START:
    case Refusal::STOP:
    case Refusal::PROBE:
    case Refusal::PROBE_TIMEOUT:
    case Refusal::SELF_CHECK:
      return ExitCode::kWentBack;
    case Refusal::KEPT_SET_DAMAGED:
    case Refusal::KEPT_SET_UNHEALTHY:
    case Refusal::NO_WAY_BACK:
      return ExitCode::kCannotGoBack;
    case Refusal::STALE:
      return ExitCode::kStale;
    case Refusal::ROOT_EXPIRED:
      return ExitCode::kRootExpired;
    case Refusal::ASSIGNMENT_OVER:
    case Refusal::SNAPSHOT_OLD:
    case Refusal::SLOW:
    case Refusal::UNAVAILABLE:
    case Refusal::RATE_LIMIT:
    case Refusal::BUSY:
    case Refusal::DISK_FULL:
    case Refusal::ACTIVATION_LIMIT:
    case Refusal::PENDING:
    case Refusal::CERTIFICATE_TIME:
    case Refusal::SERVER_CERTIFICATE:
    case Refusal::STORE_BEHIND:
    case Refusal::EXHAUSTED:
      return ExitCode::kLater;
    case Refusal::FILE_ERROR:
    case Refusal::INTERNAL:
    case Refusal::REFUSAL_UNSPECIFIED:
      return ExitCode::kInternal;
    default:
      return ExitCode::kRefused;
  }
}

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return ExitCode::kOk;
  const std::optional<Refusal::Code> code = trust::RefusalOf(status);
  return code.has_value() ? ExitCodeOf(*code) : ExitCodeOf(status.code());
}

ExitCode Graver(ExitCode a, ExitCode b) {
  const auto end = std::end(kByGravity);
  return std::find(std::begin(kByGravity), end, a) <= std::find(std::begin(kByGravity), end, b) ? a
                                                                                                : b;
}

}  // namespace mig::loader
