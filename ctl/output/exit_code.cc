#include "ctl/output/exit_code.h"

#include "trust/refusal.h"

namespace mig::ctl {

ExitCode ExitCodeOf(const absl::Status& status) {
  // A document that lacks signatures is not yet there, rather than forbidden.
  if (trust::RefusalOf(status) == v1::Refusal::SIGNATURES) return kExitPrecondition;
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return kExitUsage;
    case absl::StatusCode::kNotFound:
      return kExitNotFound;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return kExitNotAllowed;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
      return kExitPrecondition;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return kExitUnreachable;
    default:
      return kExitFailed;
  }
}

}  // namespace mig::ctl
