#include "loader/config/protected_file.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/path_safety.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "base/whole_file.h"

namespace mig::loader {

namespace {

absl::StatusOr<std::string> ReadIt(base::FileSystem& disk, absl::string_view path,
                                   uint32_t owner_uid, absl::string_view named_by) {
  const absl::Status safe = base::CheckOnlyOwnerCanChange(disk, path, owner_uid);
  if (absl::IsNotFound(safe)) {
    return absl::NotFoundError(absl::StrCat(
        base::Escaped(path),
        " is missing; make it (the package has an example), or name another file with ", named_by));
  }
  MIG_RETURN_IF_ERROR(safe);
  absl::StatusOr<std::string> text = base::ReadWhole(disk, path, base::kMaxConfigurationFileBytes);
  if (absl::IsResourceExhausted(text.status())) {
    return absl::ResourceExhaustedError(absl::StrCat(text.status().message(), "; make it shorter"));
  }
  if (absl::IsFailedPrecondition(text.status())) {  // a directory, a device
    return absl::FailedPreconditionError(
        absl::StrCat(text.status().message(), "; name a file with ", named_by));
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> ReadProtectedFile(base::FileSystem& disk, absl::string_view path,
                                              uint32_t owner_uid, absl::string_view named_by) {
  absl::StatusOr<std::string> text = ReadIt(disk, path, owner_uid, named_by);
  if (!absl::IsPermissionDenied(text.status())) return text;
  // Often it is a directory above that may not be entered.
  return absl::PermissionDeniedError(
      absl::StrCat("cannot read ", base::Escaped(path), " (", text.status().message(),
                   "); run this as root, or change the mode of the file or of its directory"));
}

}  // namespace mig::loader
