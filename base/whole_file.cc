#include "base/whole_file.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/path.h"
#include "base/status_macros.h"

namespace mig::base {

absl::StatusOr<std::string> ReadWhole(File& file, uint64_t max_bytes) {
  MIG_ASSIGN_OR_RETURN(const FileStat stat, file.Stat());
  if (stat.size_bytes > max_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        file.path(), " has ", stat.size_bytes, " bytes, at most ", max_bytes, " are read here"));
  }
  std::string bytes;
  bytes.reserve(stat.size_bytes);
  const auto append = [&bytes](absl::string_view piece) {
    bytes.append(piece.data(), piece.size());
  };
  MIG_RETURN_IF_ERROR(file.ReadThrough(max_bytes, append).status());
  return bytes;
}

absl::StatusOr<std::string> ReadWhole(Directory& directory, absl::string_view name,
                                      uint64_t max_bytes) {
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<File> file, directory.OpenRead(name));
  return ReadWhole(*file, max_bytes);
}

absl::StatusOr<std::string> ReadWhole(FileSystem& disk, absl::string_view path,
                                      uint64_t max_bytes) {
  MIG_ASSIGN_OR_RETURN(const OpenedParent parent, OpenParent(disk, path));
  return ReadWhole(*parent.directory, parent.name, max_bytes);
}

absl::Status WriteDurably(Directory& directory, absl::string_view name, absl::string_view bytes,
                          uint32_t mode) {
  MIG_RETURN_IF_ERROR(CheckName(name));
  const std::string staged = absl::StrCat(".", name, ".new");
  absl::StatusOr<std::unique_ptr<File>> file = directory.CreateExclusive(staged, mode);
  if (absl::IsAlreadyExists(file.status())) {
    MIG_RETURN_IF_ERROR(directory.Unlink(staged));
    file = directory.CreateExclusive(staged, mode);
  }
  MIG_RETURN_IF_ERROR(file.status());

  absl::Status written = (*file)->WriteAt(0, bytes);
  if (written.ok()) written = (*file)->Sync();
  if (written.ok()) written = directory.Rename(staged, directory, name);
  if (!written.ok()) {
    directory.Unlink(staged).IgnoreError();  // a full disk gets its blocks back
    return written;
  }
  return directory.Sync();
}

}  // namespace mig::base
