#include "base/memory_file_system.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/memory_disk.h"
#include "base/memory_handles.h"
#include "base/path.h"
#include "base/status_macros.h"

namespace mig::base {

namespace {

using internal::Inode;
using internal::InodePtr;

// The inode at a path that the test knows to be there.
InodePtr FindPlanned(const InodePtr& root, const std::vector<std::string>& names, size_t depth) {
  InodePtr inode = root;
  for (size_t i = 0; i < depth; ++i) {
    const auto entry = inode->entries.find(names[i]);
    MIG_CHECK(entry != inode->entries.end()) << "no '" << names[i] << "' on the memory disk";
    inode = entry->second;
  }
  return inode;
}

void SetMount(Inode& inode, uint64_t mount) {
  inode.mount = mount;
  for (const auto& [name, child] : inode.entries) SetMount(*child, mount);
}

}  // namespace

const FileContents* ContentsOf(File& file) {
  const auto* const memory = dynamic_cast<const internal::MemoryFile*>(&file);
  return memory == nullptr ? nullptr : &memory->contents();
}

MemoryFileSystem::MemoryFileSystem() : MemoryFileSystem(Options{}) {}

MemoryFileSystem::MemoryFileSystem(const Options& options)
    : MemoryFileSystem(DiskImage{}, options) {}

MemoryFileSystem::MemoryFileSystem(const DiskImage& image) : MemoryFileSystem(image, Options{}) {}

MemoryFileSystem::MemoryFileSystem(const DiskImage& image, const Options& options)
    : disk_(std::make_shared<internal::MemoryDisk>(image, options)) {}

MemoryFileSystem::~MemoryFileSystem() = default;

absl::StatusOr<std::unique_ptr<Directory>> MemoryFileSystem::OpenRoot(absl::string_view path) {
  MIG_ASSIGN_OR_RETURN(const std::vector<std::string> names, SplitPath(path));
  MIG_RETURN_IF_ERROR(disk_->Begin("open", path));
  InodePtr inode = disk_->root();
  std::string here = "/";
  for (const std::string& name : names) {
    here = JoinPath(here, name);
    const auto entry = inode->entries.find(name);
    if (entry == inode->entries.end()) {
      return absl::NotFoundError(absl::StrCat("cannot open ", here, ": No such file or directory"));
    }
    inode = entry->second;
    if (inode->kind == FileKind::kSymlink) {
      return absl::FailedPreconditionError(
          absl::StrCat(here, " is a symbolic link, which is not followed here"));
    }
    if (inode->kind != FileKind::kDirectory) {
      return absl::FailedPreconditionError(absl::StrCat("cannot open ", here, ": Not a directory"));
    }
  }
  return std::make_unique<internal::MemoryDirectory>(disk_, std::move(inode), std::move(here));
}

uint64_t MemoryFileSystem::operations() const { return disk_->operations(); }

void MemoryFileSystem::CutPowerAfter(uint64_t n) { disk_->CutPowerAfter(n); }

void MemoryFileSystem::Revive() { disk_->Revive(); }

void MemoryFileSystem::Watch(Watcher watcher) { disk_->Watch(std::move(watcher)); }

std::string MemoryFileSystem::first_cut_operation() const { return disk_->first_cut_operation(); }

void MemoryFileSystem::FailOperation(uint64_t n, absl::Status error) {
  MIG_CHECK(!error.ok());
  disk_->FailOperation(n, std::move(error));
}

void MemoryFileSystem::SetCapacity(uint64_t capacity_bytes) { disk_->SetCapacity(capacity_bytes); }

void MemoryFileSystem::Plant(absl::string_view path, FileKind kind) {
  MIG_CHECK(kind == FileKind::kSymlink || kind == FileKind::kOther) << "a Directory can make it";
  const absl::StatusOr<std::vector<std::string>> names = SplitPath(path);
  MIG_CHECK_OK(names);
  MIG_CHECK(!names->empty());
  const InodePtr parent = FindPlanned(disk_->root(), *names, names->size() - 1);
  const InodePtr planted = disk_->NewInode(kind, 0777, parent->mount);
  planted->links = 1;
  parent->entries[names->back()] = planted;
  parent->durable_entries[names->back()] = planted;
}

void MemoryFileSystem::MountAt(absl::string_view path) {
  const absl::StatusOr<std::vector<std::string>> names = SplitPath(path);
  MIG_CHECK_OK(names);
  const InodePtr directory = FindPlanned(disk_->root(), *names, names->size());
  MIG_CHECK(directory->kind == FileKind::kDirectory) << path;
  SetMount(*directory, directory->number);
}

DiskImage MemoryFileSystem::SeenImage() const { return internal::SeenImageOf(*disk_); }

DiskImage MemoryFileSystem::SeenImageUnder(std::span<const std::string> paths) const {
  return internal::SeenImageUnder(*disk_, paths);
}

size_t MemoryFileSystem::PendingChanges() const { return internal::PendingChangesOf(*disk_); }

size_t MemoryFileSystem::ForEachDurableImage(
    const PowerCut& cut, absl::FunctionRef<void(const DiskImage&)> visit) const {
  return internal::ForEachDurableImageOf(*disk_, cut, visit);
}

size_t MemoryFileSystem::ForEachDurableImage(
    uint64_t seed, size_t samples, absl::FunctionRef<void(const DiskImage&)> visit) const {
  return ForEachDurableImage({.seed = seed, .samples = samples}, visit);
}

}  // namespace mig::base
