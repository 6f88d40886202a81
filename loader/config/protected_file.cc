#include "loader/config/protected_file.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/path_safety.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "base/whole_file.h"

namespace mig::loader {

absl::StatusOr<std::string> ReadProtectedFile(base::FileSystem& disk, absl::string_view path,
                                              uint32_t owner_uid) {
  const absl::Status safe = base::CheckOnlyOwnerCanChange(disk, path, owner_uid);
  if (absl::IsNotFound(safe)) {
    return absl::NotFoundError(absl::StrCat(base::Escaped(path),
                                            " is missing; make it (the package has an example), or "
                                            "name another file with --config"));
  }
  MIG_RETURN_IF_ERROR(safe);
  absl::StatusOr<std::string> text = base::ReadWhole(disk, path, base::kMaxConfigurationFileBytes);
  if (absl::IsResourceExhausted(text.status())) {
    return absl::ResourceExhaustedError(absl::StrCat(text.status().message(), "; make it shorter"));
  }
  return text;
}

}  // namespace mig::loader
