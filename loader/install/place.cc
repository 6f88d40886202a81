#include "loader/install/place.h"

#include "absl/strings/str_cat.h"
#include "base/path.h"
#include "base/path_safety.h"
#include "base/status_macros.h"

namespace mig::loader {

absl::StatusOr<std::unique_ptr<base::Directory>> OpenStateDirectory(const Place& place) {
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<base::Directory> directory,
                       base::MakeDirs(place.disk, place.state_directory, 0700));
  MIG_RETURN_IF_ERROR(
      base::CheckOnlyOwnerCanChange(place.disk, place.state_directory, place.owner_uid));
  return directory;
}

absl::StatusOr<std::unique_ptr<base::Directory>> OpenTargetDirectory(const Place& place,
                                                                     absl::string_view directory) {
  absl::StatusOr<std::unique_ptr<base::Directory>> opened = place.disk.get().OpenRoot(directory);
  if (absl::IsNotFound(opened.status())) {
    return absl::FailedPreconditionError(
        absl::StrCat("directory ", directory,
                     " is missing; make it, or name another one in the loader's dictionary"));
  }
  MIG_RETURN_IF_ERROR(opened.status());
  MIG_RETURN_IF_ERROR(base::CheckOnlyOwnerCanChange(place.disk, directory, place.owner_uid));
  return opened;
}

}  // namespace mig::loader
