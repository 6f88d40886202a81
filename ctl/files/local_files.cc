#include "ctl/files/local_files.h"

#include <sys/stat.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/whole_file.h"

namespace mig::ctl {
namespace {

// realpath(3); empty if it does not exist.
std::string Resolved(const std::string& path) {
  char* const resolved = realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return "";
  std::string result = resolved;
  std::free(resolved);
  return result;
}

bool IsLink(const std::string& path) {
  struct stat found = {};
  return lstat(path.c_str(), &found) == 0 && S_ISLNK(found.st_mode);
}

absl::Status BadInput(absl::string_view what, absl::string_view path, absl::string_view why,
                      absl::string_view way_out) {
  return absl::InvalidArgumentError(
      absl::StrCat(path.empty() ? "''" : path, ": ", what, " ", why, "; ", way_out));
}

absl::Status AsBadInput(absl::string_view what, absl::string_view path, const absl::Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kNotFound:
      return BadInput(what, path, "is not there", "check the path");
    case absl::StatusCode::kPermissionDenied:
      return BadInput(what, path, "may not be read by you", "change its mode, or run as its owner");
    case absl::StatusCode::kFailedPrecondition:
      return BadInput(what, path, "is not a regular file", "name a file");
    case absl::StatusCode::kResourceExhausted:
      return BadInput(what, path, absl::StrCat("is too long (", error.message(), ")"),
                      "name the right file");
    default:
      return BadInput(what, path, absl::StrCat("cannot be read (", error.message(), ")"),
                      "check the path and the disk");
  }
}

// A place that a person named and where nothing can be written is bad input too: not to be taken
// for something that a coordinator does not have, or does not allow. A full disk stays what it is.
absl::Status AsBadTarget(absl::string_view path, const absl::Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kFailedPrecondition:
      return absl::InvalidArgumentError(absl::StrCat(path, ": nothing can be written there (",
                                                     error.message(),
                                                     "); name a place that you may write to"));
    default:
      return error;
  }
}

}  // namespace

LocalFiles::LocalFiles(base::FileSystem& disk, std::string working_directory)
    : disk_(disk), working_directory_(std::move(working_directory)) {}

absl::StatusOr<std::string> LocalFiles::Absolute(absl::string_view path) const {
  if (path.empty() || absl::StrContains(path, absl::string_view("\0", 1))) {
    return absl::InvalidArgumentError("a path is empty or has a zero byte; name a file");
  }
  const std::string full =
      absl::StartsWith(path, "/") ? std::string(path) : base::JoinPath(working_directory_, path);
  // The longest part that exists is resolved; what follows is new, so it has no links.
  std::vector<std::string> names = absl::StrSplit(full, '/', absl::SkipEmpty());
  std::vector<std::string> missing;
  while (true) {
    std::string head;
    for (const std::string& name : names) absl::StrAppend(&head, "/", name);
    std::string resolved = Resolved(head.empty() ? "/" : head);
    if (!resolved.empty()) {
      if (resolved == "/" && !missing.empty()) resolved.clear();
      for (auto name = missing.rbegin(); name != missing.rend(); ++name) {
        if (*name == "." || *name == "..") {
          return absl::InvalidArgumentError(
              absl::StrCat(path, ": a directory above it is missing; make it first"));
        }
        absl::StrAppend(&resolved, "/", *name);
      }
      return resolved;
    }
    if (names.empty()) return absl::InternalError("the root directory cannot be resolved");
    missing.push_back(names.back());
    names.pop_back();
  }
}

absl::StatusOr<base::OpenedParent> LocalFiles::OpenParent(absl::string_view absolute) const {
  absl::StatusOr<base::OpenedParent> parent = base::OpenParent(disk_, absolute);
  if (!absl::IsNotFound(parent.status())) return parent;
  return absl::InvalidArgumentError(
      absl::StrCat(absolute, ": the directory it should lie in is missing; make it first"));
}

absl::StatusOr<std::unique_ptr<base::File>> LocalFiles::Open(absl::string_view path,
                                                             absl::string_view what) const {
  MIG_ASSIGN_OR_RETURN(const std::string absolute, Absolute(path));
  absl::StatusOr<base::OpenedParent> parent = base::OpenParent(disk_, absolute);
  if (!parent.ok()) return AsBadInput(what, path, parent.status());
  absl::StatusOr<std::unique_ptr<base::File>> file = parent->directory->OpenRead(parent->name);
  if (absl::IsFailedPrecondition(file.status()) && IsLink(absolute)) {
    return BadInput(what, path, "is a link that leads nowhere", "name the file itself");
  }
  if (!file.ok()) return AsBadInput(what, path, file.status());
  return file;
}

absl::StatusOr<std::string> LocalFiles::Read(absl::string_view path, uint64_t max_bytes,
                                             absl::string_view what) const {
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> file, Open(path, what));
  absl::StatusOr<std::string> bytes = base::ReadWhole(*file, max_bytes);
  if (!bytes.ok()) return AsBadInput(what, path, bytes.status());
  return bytes;
}

absl::StatusOr<std::string> LocalFiles::ReadSecret(absl::string_view path, uint64_t max_bytes,
                                                   absl::string_view what) const {
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> file, Open(path, what));
  const absl::StatusOr<base::FileStat> stat = file->Stat();
  if (!stat.ok()) return AsBadInput(what, path, stat.status());
  if ((stat->mode & 0077) != 0) {
    return BadInput(what, path,
                    absl::StrFormat("is a secret that others may open (mode %04o)", stat->mode),
                    absl::StrCat("chmod 600 ", path));
  }
  absl::StatusOr<std::string> bytes = base::ReadWhole(*file, max_bytes);
  if (!bytes.ok()) return AsBadInput(what, path, bytes.status());
  return bytes;
}

bool LocalFiles::Exists(absl::string_view path) const {
  const absl::StatusOr<std::string> absolute = Absolute(path);
  return absolute.ok() && !Resolved(*absolute).empty();
}

absl::StatusOr<std::vector<std::string>> LocalFiles::List(absl::string_view directory) const {
  MIG_ASSIGN_OR_RETURN(const std::string absolute, Absolute(directory));
  absl::StatusOr<std::unique_ptr<base::Directory>> opened = disk_.OpenRoot(absolute);
  if (absl::IsFailedPrecondition(opened.status())) {
    return BadInput("this", directory, "is no directory", "name one");
  }
  if (!opened.ok()) return AsBadInput("the directory", directory, opened.status());
  const absl::StatusOr<std::vector<base::DirectoryEntry>> entries =
      (*opened)->List(base::kMaxDirectoryEntries);
  if (!entries.ok()) return AsBadInput("the directory", directory, entries.status());
  std::vector<std::string> names;
  for (const base::DirectoryEntry& entry : *entries) {
    if (entry.kind == base::FileKind::kFile) names.push_back(entry.name);
  }
  return names;
}

absl::Status LocalFiles::WriteNew(absl::string_view path, absl::string_view bytes,
                                  uint32_t mode) const {
  if (Exists(path)) {
    return absl::AlreadyExistsError(absl::StrCat(
        path, " is there already, and nothing is overwritten; name another file, or remove it"));
  }
  return Replace(path, bytes, mode);
}

absl::Status LocalFiles::Replace(absl::string_view path, absl::string_view bytes,
                                 uint32_t mode) const {
  MIG_ASSIGN_OR_RETURN(const std::string absolute, Absolute(path));
  const absl::StatusOr<base::OpenedParent> parent = OpenParent(absolute);
  if (!parent.ok()) return AsBadTarget(path, parent.status());
  return AsBadTarget(path, base::WriteDurably(*parent->directory, parent->name, bytes, mode));
}

absl::Status LocalFiles::Remove(absl::string_view path) const {
  MIG_ASSIGN_OR_RETURN(const std::string absolute, Absolute(path));
  MIG_ASSIGN_OR_RETURN(const base::OpenedParent parent, base::OpenParent(disk_, absolute));
  return parent.directory->Unlink(parent.name);
}

absl::Status LocalFiles::MakeDirectory(absl::string_view path, uint32_t mode) const {
  MIG_ASSIGN_OR_RETURN(const std::string absolute, Absolute(path));
  return AsBadTarget(path, base::MakeDirs(disk_, absolute, mode).status());
}

}  // namespace mig::ctl
