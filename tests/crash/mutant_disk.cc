#include "tests/crash/mutant_disk.h"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/file.h"
#include "base/file_system.h"
#include "base/status_macros.h"

namespace mig::tests {

namespace {

using base::Directory;
using base::File;
using Change = Mutant::Change;
using Kind = Call::Kind;

constexpr absl::string_view kJournal = "journal";
constexpr absl::string_view kState = "/var/lib/mig-loader";

thread_local const MutantAtWork* at_work = nullptr;

// What all handles of one machine share.
class Rules {
 public:
  Rules(const Mutant& mutant, base::MemoryFileSystem& disk) : at_work_{mutant, disk} {
    at_work = &at_work_;
  }
  ~Rules() {
    if (at_work == &at_work_) at_work = nullptr;
  }
  Rules(const Rules&) = delete;
  Rules& operator=(const Rules&) = delete;

  Change Of(Call call) const {
    if (!at_work_.mutant.matches) return Change::kNone;
    call.has_journal = at_work_.HasJournal();
    return at_work_.mutant.matches(call) ? at_work_.mutant.change : Change::kNone;
  }

  void Postpone(std::function<void()> sync) { postponed_.push_back(std::move(sync)); }
  void StateIsDurable() {
    if (!at_work_.HasJournal()) return;
    for (const std::function<void()>& sync : std::exchange(postponed_, {})) sync();
  }

 private:
  const MutantAtWork at_work_;
  std::vector<std::function<void()>> postponed_;
};
using Shared = std::shared_ptr<Rules>;

class MutantFile : public File {
 public:
  MutantFile(Shared shared, std::shared_ptr<File> inner, std::string directory, std::string name)
      : shared_(std::move(shared)),
        inner_(std::move(inner)),
        directory_(std::move(directory)),
        name_(std::move(name)) {}

  absl::StatusOr<size_t> ReadAt(uint64_t offset, std::span<char> into) override {
    return inner_->ReadAt(offset, into);
  }
  absl::StatusOr<uint64_t> ReadThrough(uint64_t max_bytes,
                                       absl::FunctionRef<void(absl::string_view)> take) override {
    return inner_->ReadThrough(max_bytes, take);
  }
  absl::Status WriteAt(uint64_t offset, absl::string_view bytes) override {
    return inner_->WriteAt(offset, bytes);
  }
  absl::Status Truncate(uint64_t size_bytes) override { return inner_->Truncate(size_bytes); }
  absl::Status CopyFrom(File& source, uint64_t max_bytes) override {
    auto* const other = dynamic_cast<MutantFile*>(&source);
    MIG_CHECK(other != nullptr) << source.path();
    return inner_->CopyFrom(*other->inner_, max_bytes);
  }
  absl::Status Sync() override { return SyncBy(&File::Sync); }
  absl::Status SyncData() override { return SyncBy(&File::SyncData); }
  absl::StatusOr<base::FileStat> Stat() override { return inner_->Stat(); }
  absl::Status SetMode(uint32_t mode) override { return inner_->SetMode(mode); }
  absl::Status SetOwner(uint32_t uid, uint32_t gid) override { return inner_->SetOwner(uid, gid); }
  absl::Status SetAttribute(absl::string_view name, absl::string_view value) override {
    return inner_->SetAttribute(name, value);
  }
  absl::StatusOr<std::string> GetAttribute(absl::string_view name) override {
    return inner_->GetAttribute(name);
  }
  absl::string_view path() const override { return inner_->path(); }

 private:
  absl::Status SyncBy(absl::Status (File::*sync)()) {
    File& file = *inner_;
    switch (shared_->Of({.kind = Kind::kSyncFile, .directory = directory_, .name = name_})) {
      case Change::kDrop:
        return absl::OkStatus();
      case Change::kPostpone:
        shared_->Postpone([inner = inner_] { inner->Sync().IgnoreError(); });
        return absl::OkStatus();
      case Change::kSyncTwice: {
        const absl::Status first = (file.*sync)();
        return absl::IsDataLoss(first) ? (file.*sync)() : first;
      }
      default:
        return (file.*sync)();
    }
  }

  const Shared shared_;
  const std::shared_ptr<File> inner_;
  const std::string directory_;
  const std::string name_;
};

class MutantDirectory : public Directory {
 public:
  MutantDirectory(Shared shared, std::unique_ptr<Directory> inner)
      : shared_(std::move(shared)), inner_(std::move(inner)) {}

  absl::StatusOr<std::unique_ptr<Directory>> OpenDir(absl::string_view name) override {
    MIG_ASSIGN_OR_RETURN(std::unique_ptr<Directory> opened, inner_->OpenDir(name));
    return std::make_unique<MutantDirectory>(shared_, std::move(opened));
  }
  absl::Status MakeDir(absl::string_view name, uint32_t mode) override {
    return inner_->MakeDir(name, mode);
  }
  absl::StatusOr<std::unique_ptr<File>> OpenRead(absl::string_view name) override {
    return Through(name, inner_->OpenRead(name));
  }
  absl::StatusOr<std::unique_ptr<File>> OpenReadWrite(absl::string_view name) override {
    return Through(name, inner_->OpenReadWrite(name));
  }
  absl::StatusOr<std::unique_ptr<File>> CreateExclusive(absl::string_view name,
                                                        uint32_t mode) override {
    switch (shared_->Of({.kind = Kind::kCreate, .directory = inner_->path(), .name = name})) {
      case Change::kInPlace:
        return Through(name, OpenInPlace(kJournal, mode));
      case Change::kVanish:
        return Through(name, CreateNameless(mode));
      default:
        return Through(name, inner_->CreateExclusive(name, mode));
    }
  }
  absl::Status Rename(absl::string_view name, Directory& to, absl::string_view new_name) override {
    auto* const other = dynamic_cast<MutantDirectory*>(&to);
    MIG_CHECK(other != nullptr) << to.path();
    switch (shared_->Of(
        {.kind = Kind::kRename, .directory = inner_->path(), .name = name, .new_name = new_name})) {
      case Change::kInPlace:
      case Change::kVanish:
        return absl::OkStatus();
      case Change::kUnlinkFirst:
        other->inner_->Unlink(new_name).IgnoreError();
        break;
      default:
        break;
    }
    return inner_->Rename(name, *other->inner_, new_name);
  }
  absl::Status Link(absl::string_view name, Directory& to, absl::string_view new_name) override {
    auto* const other = dynamic_cast<MutantDirectory*>(&to);
    MIG_CHECK(other != nullptr) << to.path();
    return inner_->Link(name, *other->inner_, new_name);
  }
  absl::Status Unlink(absl::string_view name) override { return inner_->Unlink(name); }
  absl::Status RemoveDir(absl::string_view name) override { return inner_->RemoveDir(name); }
  absl::StatusOr<base::FileStat> Stat(absl::string_view name) override {
    return inner_->Stat(name);
  }
  absl::StatusOr<base::FileStat> StatSelf() override { return inner_->StatSelf(); }
  absl::StatusOr<std::vector<base::DirectoryEntry>> List(size_t max_entries) override {
    return inner_->List(max_entries);
  }
  absl::Status Sync() override {
    switch (shared_->Of({.kind = Kind::kSyncDirectory, .directory = inner_->path()})) {
      case Change::kDrop:
        return absl::OkStatus();
      case Change::kPostpone:
        shared_->Postpone([inner = inner_] { inner->Sync().IgnoreError(); });
        return absl::OkStatus();
      default:
        break;
    }
    const absl::Status synced = inner_->Sync();
    if (synced.ok() && inner_->path() == kState) shared_->StateIsDurable();
    return synced;
  }
  absl::StatusOr<std::unique_ptr<base::FileLock>> TryLock(absl::string_view name) override {
    return inner_->TryLock(name);
  }
  absl::StatusOr<uint64_t> FreeSpace() override { return inner_->FreeSpace(); }
  absl::StatusOr<base::DirectoryIdentity> Identity() override { return inner_->Identity(); }
  absl::string_view path() const override { return inner_->path(); }

 private:
  absl::StatusOr<std::unique_ptr<File>> Through(absl::string_view name,
                                                absl::StatusOr<std::unique_ptr<File>> file) {
    MIG_RETURN_IF_ERROR(file.status());
    return std::make_unique<MutantFile>(shared_, *std::move(file), std::string(inner_->path()),
                                        std::string(name));
  }

  absl::StatusOr<std::unique_ptr<File>> OpenInPlace(absl::string_view name, uint32_t mode) {
    absl::StatusOr<std::unique_ptr<File>> file = inner_->OpenReadWrite(name);
    if (absl::IsNotFound(file.status())) return inner_->CreateExclusive(name, mode);
    MIG_RETURN_IF_ERROR(file.status());
    MIG_RETURN_IF_ERROR((*file)->Truncate(0));
    return file;
  }

  // Takes what is written, and leads nowhere.
  absl::StatusOr<std::unique_ptr<File>> CreateNameless(uint32_t mode) {
    constexpr absl::string_view kName = ".nameless";
    MIG_ASSIGN_OR_RETURN(std::unique_ptr<File> file, inner_->CreateExclusive(kName, mode));
    MIG_RETURN_IF_ERROR(inner_->Unlink(kName));
    return file;
  }

  const Shared shared_;
  const std::shared_ptr<Directory> inner_;
};

class MutantDisk : public base::FileSystem {
 public:
  MutantDisk(const Mutant& mutant, base::MemoryFileSystem& disk)
      : rules_(std::make_shared<Rules>(mutant, disk)), disk_(disk) {}

  absl::StatusOr<std::unique_ptr<Directory>> OpenRoot(absl::string_view path) override {
    MIG_ASSIGN_OR_RETURN(std::unique_ptr<Directory> opened, disk_.OpenRoot(path));
    return std::make_unique<MutantDirectory>(rules_, std::move(opened));
  }

 private:
  const Shared rules_;
  base::MemoryFileSystem& disk_;
};

}  // namespace

bool MutantAtWork::HasJournal() const {
  return disk.SeenImage().Find(absl::StrCat(kState, "/", kJournal)) != nullptr;
}

const MutantAtWork* AtWork() { return at_work; }

DiskLens LensOf(const Mutant& mutant) {
  return [&mutant](base::MemoryFileSystem& disk) {
    return std::make_unique<MutantDisk>(mutant, disk);
  };
}

}  // namespace mig::tests
