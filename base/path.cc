#include "base/path.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "base/text.h"

namespace mig::base {

namespace {

constexpr size_t kMaxNameBytes = 255;   // NAME_MAX of Linux
constexpr size_t kMaxPathBytes = 4095;  // PATH_MAX without its zero byte

}  // namespace

absl::Status CheckName(absl::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes || name == "." || name == ".." ||
      absl::StrContains(name, '/') || absl::StrContains(name, '\0')) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", Escaped(name),
                     "\" is no name of a file: 1 to 255 bytes, without '/' and zero bytes, and "
                     "not '.' or '..'"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> SplitPath(absl::string_view path) {
  if (!absl::StartsWith(path, "/") || path.size() > kMaxPathBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", Escaped(path), "\" is not an absolute path: it begins with '/' and has at most ",
        kMaxPathBytes, " bytes"));
  }
  absl::string_view rest = path.substr(1);
  if (absl::EndsWith(rest, "/")) rest.remove_suffix(1);
  std::vector<std::string> names;
  if (rest.empty()) return names;
  for (const absl::string_view name : absl::StrSplit(rest, '/')) {
    if (!CheckName(name).ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", Escaped(path), "\": \"", Escaped(name),
                       "\" in it is no name; write the path without empty parts, '.' and '..'"));
    }
    names.emplace_back(name);
  }
  return names;
}

std::string JoinPath(absl::string_view directory, absl::string_view name) {
  return absl::StrCat(directory, absl::EndsWith(directory, "/") ? "" : "/", name);
}

absl::StatusOr<OpenedParent> OpenParent(FileSystem& disk, absl::string_view path) {
  MIG_ASSIGN_OR_RETURN(std::vector<std::string> names, SplitPath(path));
  if (names.empty()) {
    return absl::InvalidArgumentError("\"/\" is a directory, a file is needed here");
  }
  OpenedParent parent;
  parent.name = std::move(names.back());
  const size_t end = path.rfind(parent.name);
  MIG_ASSIGN_OR_RETURN(parent.directory, disk.OpenRoot(path.substr(0, end)));
  return parent;
}

absl::StatusOr<std::unique_ptr<Directory>> MakeDirs(FileSystem& disk, absl::string_view path,
                                                    uint32_t mode) {
  MIG_ASSIGN_OR_RETURN(const std::vector<std::string> names, SplitPath(path));
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<Directory> directory, disk.OpenRoot("/"));
  for (const std::string& name : names) {
    absl::StatusOr<std::unique_ptr<Directory>> next = directory->OpenDir(name);
    if (absl::IsNotFound(next.status())) {
      MIG_RETURN_IF_ERROR(directory->MakeDir(name, mode));
      MIG_RETURN_IF_ERROR(directory->Sync());
      next = directory->OpenDir(name);
    }
    MIG_RETURN_IF_ERROR(next.status());
    directory = *std::move(next);
  }
  return directory;
}

}  // namespace mig::base
