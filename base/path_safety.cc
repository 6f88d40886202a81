#include "base/path_safety.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/path.h"
#include "base/status_macros.h"
#include "base/text.h"

namespace mig::base {

namespace {

constexpr uint32_t kOtherWrite = 0002;
constexpr uint32_t kGroupWrite = 0020;
constexpr uint32_t kSticky = 01000;

enum class Place { kAbove, kItself };

absl::Status CheckOne(absl::string_view path, const FileStat& stat, Place place,
                      uint32_t owner_uid) {
  if (stat.kind == FileKind::kSymlink) {
    return absl::FailedPreconditionError(
        absl::StrCat(Escaped(path), " is a symbolic link; name what it points to"));
  }
  if (stat.uid != 0 && stat.uid != owner_uid) {
    return absl::FailedPreconditionError(absl::StrCat(Escaped(path), " belongs to user ", stat.uid,
                                                      ", who could change it; run: ", "chown ",
                                                      owner_uid, " ", Escaped(path)));
  }
  if (place == Place::kAbove && (stat.mode & kSticky) != 0) return absl::OkStatus();
  if ((stat.mode & kOtherWrite) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("everybody may write to ", Escaped(path), "; run: chmod o-w ", Escaped(path)));
  }
  if ((stat.mode & kGroupWrite) != 0 && stat.gid != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "group ", stat.gid, " may write to ", Escaped(path), "; run: chmod g-w ", Escaped(path)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckOnlyOwnerCanChange(FileSystem& disk, absl::string_view path, uint32_t owner_uid) {
  MIG_ASSIGN_OR_RETURN(const std::vector<std::string> names, SplitPath(path));
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<Directory> directory, disk.OpenRoot("/"));
  MIG_ASSIGN_OR_RETURN(FileStat stat, directory->StatSelf());
  MIG_RETURN_IF_ERROR(
      CheckOne("/", stat, names.empty() ? Place::kItself : Place::kAbove, owner_uid));

  std::string here = "/";
  for (size_t i = 0; i < names.size(); ++i) {
    const bool is_last = i + 1 == names.size();
    here = JoinPath(here, names[i]);
    MIG_ASSIGN_OR_RETURN(stat, directory->Stat(names[i]));
    MIG_RETURN_IF_ERROR(CheckOne(here, stat, is_last ? Place::kItself : Place::kAbove, owner_uid));
    if (is_last) break;
    MIG_ASSIGN_OR_RETURN(directory, directory->OpenDir(names[i]));
  }
  return absl::OkStatus();
}

}  // namespace mig::base
