#include "sim/virtual/testing/forgetful_disk.h"

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/status_macros.h"

namespace mig::sim {

namespace {

class ForgetfulFile : public base::File {
 public:
  explicit ForgetfulFile(std::unique_ptr<base::File> file) : file_(std::move(file)) {}

  absl::Status Sync() override { return absl::OkStatus(); }
  absl::Status SyncData() override { return absl::OkStatus(); }

  absl::StatusOr<size_t> ReadAt(uint64_t offset, std::span<char> into) override {
    return file_->ReadAt(offset, into);
  }
  absl::StatusOr<uint64_t> ReadThrough(uint64_t max_bytes,
                                       absl::FunctionRef<void(absl::string_view)> take) override {
    return file_->ReadThrough(max_bytes, take);
  }
  absl::Status WriteAt(uint64_t offset, absl::string_view bytes) override {
    return file_->WriteAt(offset, bytes);
  }
  absl::Status Truncate(uint64_t size_bytes) override { return file_->Truncate(size_bytes); }
  absl::Status CopyFrom(base::File& source, uint64_t max_bytes) override {
    return file_->CopyFrom(*static_cast<ForgetfulFile&>(source).file_, max_bytes);
  }
  absl::StatusOr<base::FileStat> Stat() override { return file_->Stat(); }
  absl::Status SetMode(uint32_t mode) override { return file_->SetMode(mode); }
  absl::Status SetOwner(uint32_t uid, uint32_t gid) override { return file_->SetOwner(uid, gid); }
  absl::Status SetAttribute(absl::string_view name, absl::string_view value) override {
    return file_->SetAttribute(name, value);
  }
  absl::StatusOr<std::string> GetAttribute(absl::string_view name) override {
    return file_->GetAttribute(name);
  }
  absl::string_view path() const override { return file_->path(); }

 private:
  std::unique_ptr<base::File> file_;
};

class ForgetfulDirectory : public base::Directory {
 public:
  explicit ForgetfulDirectory(std::unique_ptr<base::Directory> directory)
      : directory_(std::move(directory)) {}

  absl::Status Sync() override { return absl::OkStatus(); }

  absl::StatusOr<std::unique_ptr<base::Directory>> OpenDir(absl::string_view name) override {
    MIG_ASSIGN_OR_RETURN(std::unique_ptr<base::Directory> opened, directory_->OpenDir(name));
    return std::make_unique<ForgetfulDirectory>(std::move(opened));
  }
  absl::Status MakeDir(absl::string_view name, uint32_t mode) override {
    return directory_->MakeDir(name, mode);
  }
  absl::StatusOr<std::unique_ptr<base::File>> OpenRead(absl::string_view name) override {
    return Forgetful(directory_->OpenRead(name));
  }
  absl::StatusOr<std::unique_ptr<base::File>> OpenReadWrite(absl::string_view name) override {
    return Forgetful(directory_->OpenReadWrite(name));
  }
  absl::StatusOr<std::unique_ptr<base::File>> CreateExclusive(absl::string_view name,
                                                              uint32_t mode) override {
    return Forgetful(directory_->CreateExclusive(name, mode));
  }
  absl::Status Rename(absl::string_view name, base::Directory& to,
                      absl::string_view new_name) override {
    return directory_->Rename(name, *static_cast<ForgetfulDirectory&>(to).directory_, new_name);
  }
  absl::Status Link(absl::string_view name, base::Directory& to,
                    absl::string_view new_name) override {
    return directory_->Link(name, *static_cast<ForgetfulDirectory&>(to).directory_, new_name);
  }
  absl::Status Unlink(absl::string_view name) override { return directory_->Unlink(name); }
  absl::Status RemoveDir(absl::string_view name) override { return directory_->RemoveDir(name); }
  absl::StatusOr<base::FileStat> Stat(absl::string_view name) override {
    return directory_->Stat(name);
  }
  absl::StatusOr<base::FileStat> StatSelf() override { return directory_->StatSelf(); }
  absl::StatusOr<std::vector<base::DirectoryEntry>> List(size_t max_entries) override {
    return directory_->List(max_entries);
  }
  absl::StatusOr<std::unique_ptr<base::FileLock>> TryLock(absl::string_view name) override {
    return directory_->TryLock(name);
  }
  absl::StatusOr<uint64_t> FreeSpace() override { return directory_->FreeSpace(); }
  absl::StatusOr<base::DirectoryIdentity> Identity() override { return directory_->Identity(); }
  absl::string_view path() const override { return directory_->path(); }

 private:
  static absl::StatusOr<std::unique_ptr<base::File>> Forgetful(
      absl::StatusOr<std::unique_ptr<base::File>> file) {
    MIG_RETURN_IF_ERROR(file.status());
    return std::make_unique<ForgetfulFile>(*std::move(file));
  }

  std::unique_ptr<base::Directory> directory_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<base::Directory>> ForgetfulDisk::OpenRoot(absl::string_view path) {
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<base::Directory> opened, disk_.OpenRoot(path));
  return std::make_unique<ForgetfulDirectory>(std::move(opened));
}

}  // namespace mig::sim
