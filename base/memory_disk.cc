#include "base/memory_disk.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/path.h"
#include "base/text.h"

namespace mig::base::internal {

namespace {

constexpr uint64_t kBlockBytes = 4096;

uint64_t SpaceOf(uint64_t size_bytes) {
  return (size_bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
}

}  // namespace

MemoryDisk::MemoryDisk(const DiskImage& image, const MemoryFileSystem::Options& options)
    : uid_(options.uid),
      gid_(options.gid),
      clock_(options.clock),
      pool_(options.pool != nullptr ? options.pool : &own_pool_),
      capacity_(options.capacity_bytes),
      next_inode_(image.next_inode) {
  if (image.nodes.empty()) {
    root_ = NewInode(FileKind::kDirectory, 0755, 1);
    root_->number = DiskImage::kRootInode;
    root_->links = 1;
    return;
  }
  std::map<uint64_t, InodePtr> loaded;
  root_ = Load(image, DiskImage::kRootInode, loaded);
  root_->links = 1;
}

InodePtr MemoryDisk::Load(const DiskImage& image, uint64_t number,
                          std::map<uint64_t, InodePtr>& loaded) {
  const auto known = loaded.find(number);
  if (known != loaded.end()) return known->second;

  const DiskNode& node = image.nodes.at(number);
  auto inode = std::make_shared<Inode>();
  loaded[number] = inode;
  inode->number = number;
  inode->kind = node.kind;
  inode->mount = node.mount;
  inode->metadata = inode->durable_metadata = node.metadata;
  inode->contents = node.contents;
  inode->contents.Intern(*pool_);
  inode->durable_contents = inode->contents;
  used_ += SpaceOf(node.contents.size_bytes());
  for (const auto& [name, child] : node.entries) {
    const InodePtr& entry = inode->entries[name] = Load(image, child, loaded);
    ++entry->links;
  }
  inode->durable_entries = inode->entries;
  return inode;
}

absl::Status MemoryDisk::Begin(absl::string_view verb, absl::string_view path,
                               absl::string_view name) {
  const auto what = [&] { return name.empty() ? std::string(path) : JoinPath(path, name); };
  if (operations_ >= last_operation_) {
    if (first_cut_operation_.empty()) first_cut_operation_ = absl::StrCat(verb, " ", what());
    return absl::AbortedError(absl::StrCat("cannot ", verb, " ", what(), ": power cut"));
  }
  if (watcher_) watcher_(verb, what());
  newest_ = Newest{};
  ++operations_;
  if (faults_.empty()) return absl::OkStatus();
  const auto fault = faults_.find(operations_);
  if (fault == faults_.end()) return absl::OkStatus();
  const absl::Status error = fault->second;
  faults_.erase(fault);
  return absl::Status(error.code(),
                      absl::StrCat("cannot ", verb, " ", what(), ": ", error.message()));
}

absl::Time MemoryDisk::Now() const {
  if (clock_ != nullptr) return clock_->WallNow();
  return absl::UnixEpoch() + absl::Microseconds(static_cast<int64_t>(operations_));
}

InodePtr MemoryDisk::NewInode(FileKind kind, uint32_t mode, uint64_t mount) {
  auto inode = std::make_shared<Inode>();
  inode->number = next_inode_++;
  inode->kind = kind;
  inode->mount = mount;
  const absl::Time now = Now();
  inode->metadata = DiskMetadata{
      .mode = mode, .uid = uid_, .gid = gid_, .modified = now, .changed = now, .attributes = {}};
  inode->durable_metadata = inode->metadata;
  return inode;
}

absl::Status MemoryDisk::Resize(Inode& file, uint64_t size_bytes, absl::string_view path) {
  const uint64_t before = SpaceOf(file.contents.size_bytes());
  const uint64_t after = SpaceOf(size_bytes);
  if (after > before && after - before > free_bytes()) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot write ", path, ": No space left on device"));
  }
  used_ = used_ - before + after;
  file.contents.Resize(size_bytes);
  return absl::OkStatus();
}

void MemoryDisk::Change(Inode& directory, EntryChange change) {
  for (const auto& [name, inode] : change.names) {
    const auto replaced = directory.entries.find(name);
    if (inode != nullptr) {
      ++inode->links;
      inode->metadata.changed = Now();
    }
    if (replaced == directory.entries.end()) continue;
    const InodePtr before = replaced->second;
    directory.entries.erase(replaced);
    --before->links;
    before->metadata.changed = Now();
    ReleaseIfUnused(*before);
  }
  Apply(change, directory.entries);
  directory.metadata.modified = directory.metadata.changed = Now();
  newest_.changes.emplace_back(&directory, directory.pending.size());
  directory.pending.push_back(std::move(change));
}

void MemoryDisk::ReleaseIfUnused(Inode& inode) {
  if (inode.links != 0 || inode.handles != 0) return;
  used_ -= SpaceOf(inode.contents.size_bytes());
  // A power cut may still bring it back, until its directory is synced: keep it without bytes of
  // its own.
  inode.contents.Intern(*pool_);
}

}  // namespace mig::base::internal
