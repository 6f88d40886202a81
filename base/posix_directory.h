// One open directory of this machine.

#ifndef MIG_BASE_POSIX_DIRECTORY_H_
#define MIG_BASE_POSIX_DIRECTORY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "base/posix_call.h"

namespace mig::base::internal {

class PosixDirectory : public Directory {
 public:
  PosixDirectory(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  absl::StatusOr<std::unique_ptr<Directory>> OpenDir(absl::string_view name) override;
  absl::Status MakeDir(absl::string_view name, uint32_t mode) override;
  absl::StatusOr<std::unique_ptr<File>> OpenRead(absl::string_view name) override;
  absl::StatusOr<std::unique_ptr<File>> OpenReadWrite(absl::string_view name) override;
  absl::StatusOr<std::unique_ptr<File>> CreateExclusive(absl::string_view name,
                                                        uint32_t mode) override;
  absl::Status Rename(absl::string_view name, Directory& to, absl::string_view new_name) override;
  absl::Status Link(absl::string_view name, Directory& to, absl::string_view new_name) override;
  absl::Status Unlink(absl::string_view name) override;
  absl::Status RemoveDir(absl::string_view name) override;
  absl::StatusOr<FileStat> Stat(absl::string_view name) override;
  absl::StatusOr<FileStat> StatSelf() override;
  absl::StatusOr<std::vector<DirectoryEntry>> List(size_t max_entries) override;
  absl::Status Sync() override;
  absl::StatusOr<std::unique_ptr<FileLock>> TryLock(absl::string_view name) override;
  absl::StatusOr<uint64_t> FreeSpace() override;
  absl::StatusOr<DirectoryIdentity> Identity() override;
  absl::string_view path() const override { return path_; }

 private:
  static int FdOf(Directory& directory);
  // A regular file that exists, with `access` O_RDONLY or O_RDWR.
  absl::StatusOr<std::unique_ptr<File>> OpenExisting(absl::string_view name, int access);
  absl::Status CheckStaysInParent(absl::string_view name, Directory& to);
  // errno of an operation on an entry.
  absl::Status Error(absl::string_view action, absl::string_view name) const;
  // Why `name` cannot be opened, in more words than errno's where it is a symbolic link.
  absl::Status OpenError(const std::string& name) const;

  const Fd fd_;
  const std::string path_;
};

}  // namespace mig::base::internal

#endif  // MIG_BASE_POSIX_DIRECTORY_H_
