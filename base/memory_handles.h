// Open files and directories of a memory disk.

#ifndef MIG_BASE_MEMORY_HANDLES_H_
#define MIG_BASE_MEMORY_HANDLES_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "base/memory_disk.h"
#include "base/memory_inode.h"

namespace mig::base::internal {

FileStat StatOf(const Inode& inode);

enum class Access { kRead, kReadWrite };

class MemoryFile : public File {
 public:
  MemoryFile(std::shared_ptr<MemoryDisk> disk, InodePtr inode, std::string path, Access access);
  ~MemoryFile() override;

  absl::StatusOr<size_t> ReadAt(uint64_t offset, std::span<char> into) override;
  absl::StatusOr<uint64_t> ReadThrough(uint64_t max_bytes,
                                       absl::FunctionRef<void(absl::string_view)> take) override;
  absl::Status WriteAt(uint64_t offset, absl::string_view bytes) override;
  absl::Status Truncate(uint64_t size_bytes) override;
  absl::Status CopyFrom(File& source, uint64_t max_bytes) override;
  absl::Status Sync() override;
  absl::Status SyncData() override;
  absl::StatusOr<FileStat> Stat() override;
  absl::Status SetMode(uint32_t mode) override;
  absl::Status SetOwner(uint32_t uid, uint32_t gid) override;
  absl::Status SetAttribute(absl::string_view name, absl::string_view value) override;
  absl::StatusOr<std::string> GetAttribute(absl::string_view name) override;
  absl::string_view path() const override { return path_; }

  const FileContents& contents() const { return inode_->contents; }

 private:
  // Begin, and PermissionDenied where the file was opened for reading only.
  absl::Status BeginWrite(absl::string_view verb);
  absl::Status BeginSync(absl::string_view verb);
  void SyncContents();
  void NoteMetadata();

  const std::shared_ptr<MemoryDisk> disk_;
  const InodePtr inode_;
  const std::string path_;
  const Access access_;
};

class MemoryDirectory : public Directory {
 public:
  MemoryDirectory(std::shared_ptr<MemoryDisk> disk, InodePtr inode, std::string path)
      : disk_(std::move(disk)), inode_(std::move(inode)), path_(std::move(path)) {}

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
  // Checks the name and begins the operation.
  absl::Status Begin(absl::string_view verb, absl::string_view name);
  // The entry, which must be there.
  absl::StatusOr<InodePtr> Find(absl::string_view verb, absl::string_view name) const;
  absl::Status CheckNoEntry(absl::string_view verb, absl::string_view name) const;
  absl::StatusOr<std::unique_ptr<File>> Open(absl::string_view name, Access access);
  // Whether `moved` may take the place of what is at `name` here.
  absl::Status CheckReplaceable(absl::string_view name, const Inode& moved) const;

  const std::shared_ptr<MemoryDisk> disk_;
  const InodePtr inode_;
  const std::string path_;
};

}  // namespace mig::base::internal

#endif  // MIG_BASE_MEMORY_HANDLES_H_
