// What processes see of a memory disk, as an image.

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/check.h"
#include "base/memory_disk.h"
#include "base/memory_inode.h"
#include "base/path.h"

namespace mig::base::internal {

namespace {

// The node of `inode` in `image`; a directory's without entries, if it is not there yet.
DiskNode& AddSeen(const Inode& inode, DiskImage& image) {
  const auto [added, is_new] = image.nodes.try_emplace(inode.number);
  DiskNode& node = added->second;
  if (!is_new) return node;
  node.kind = inode.kind;
  node.mount = inode.mount;
  node.metadata = inode.metadata;
  node.contents = inode.contents;
  return node;
}

// With all that is below it.
void AddTree(const Inode& top, DiskImage& image) {
  std::vector<const Inode*> todo = {&top};
  while (!todo.empty()) {
    const Inode* inode = todo.back();
    todo.pop_back();
    DiskNode& node = AddSeen(*inode, image);
    for (const auto& [name, child] : inode->entries) {
      node.entries[name] = child->number;
      if (!image.nodes.contains(child->number)) todo.push_back(child.get());
    }
  }
}

void AddPath(const MemoryDisk& disk, const std::string& path, DiskImage& image) {
  const absl::StatusOr<std::vector<std::string>> names = SplitPath(path);
  MIG_CHECK_OK(names);
  const Inode* inode = disk.root().get();
  for (const std::string& name : *names) {
    DiskNode& node = AddSeen(*inode, image);
    const auto entry = inode->entries.find(name);
    if (entry == inode->entries.end()) return;
    inode = entry->second.get();
    node.entries[name] = inode->number;
  }
  AddTree(*inode, image);
}

}  // namespace

DiskImage SeenImageOf(const MemoryDisk& disk) {
  DiskImage image;
  image.next_inode = disk.next_inode();
  AddTree(*disk.root(), image);
  return image;
}

DiskImage SeenImageUnder(const MemoryDisk& disk, std::span<const std::string> paths) {
  DiskImage image;
  image.next_inode = disk.next_inode();
  AddSeen(*disk.root(), image);
  for (const std::string& path : paths) AddPath(disk, path, image);
  return image;
}

}  // namespace mig::base::internal
