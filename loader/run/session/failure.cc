#include "loader/run/session/failure.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "loader/install/component_error.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

bool IsFull(const absl::Status& status) {
  return absl::IsResourceExhausted(status) &&
         (absl::StrContains(status.message(), "No space left") ||
          absl::StrContains(status.message(), "quota"));
}

// A limit on the size of files looks to whoever writes as a full disk does.
bool IsFileLimit(const absl::Status& status) {
  return absl::IsResourceExhausted(status) && absl::StrContains(status.message(), "File too large");
}

absl::Status Refused(v1::Refusal::Code code, const absl::Status& status,
                     absl::string_view way_out) {
  return AboutComponent(ComponentOf(status),
                        trust::Refuse(code, absl::StrCat(status.message(), way_out)));
}

}  // namespace

absl::Status WithWayOut(const absl::Status& status) {
  if (status.ok() || trust::RefusalOf(status).has_value()) return status;
  if (IsFull(status)) {
    return Refused(v1::Refusal::DISK_FULL, status, "; make room there, the next run goes on");
  }
  if (IsFileLimit(status)) {
    return Refused(v1::Refusal::DISK_FULL, status,
                   ": the disk is full, as far as this process may fill it; raise its limit on the "
                   "size of files (ulimit -f, LimitFSIZE=), the next run goes on");
  }
  if (absl::IsPermissionDenied(status)) {
    return Refused(v1::Refusal::FILE_ERROR, status,
                   "; run the loader as root, and see that this file system can be written to");
  }
  const bool may_pass = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
                        absl::IsResourceExhausted(status);
  return may_pass ? Refused(v1::Refusal::UNAVAILABLE, status, "") : status;
}

v1::Refusal RefusalFor(const absl::Status& status, v1::Refusal::Code otherwise) {
  return trust::ToMessage(WithWayOut(status), otherwise);
}

}  // namespace mig::loader
