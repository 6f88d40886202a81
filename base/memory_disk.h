// What all handles of one memory disk share: its root, counters, faults and space.

#ifndef MIG_BASE_MEMORY_DISK_H_
#define MIG_BASE_MEMORY_DISK_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/chunk_pool.h"
#include "base/disk_image.h"
#include "base/memory_file_system.h"
#include "base/memory_inode.h"

namespace mig::base::internal {

// What one operation changed, and has not made durable.
struct Newest {
  std::vector<std::pair<const Inode*, size_t>> changes;  // the directory, and which one of it
  const Inode* file = nullptr;

  bool IsChange(const Inode& directory, size_t index) const {
    return std::find(changes.begin(), changes.end(), std::pair(&directory, index)) != changes.end();
  }
};

class MemoryDisk {
 public:
  MemoryDisk(const DiskImage& image, const MemoryFileSystem::Options& options);
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  const InodePtr& root() const { return root_; }
  uint64_t operations() const { return operations_; }
  const std::string& first_cut_operation() const { return first_cut_operation_; }
  uint64_t next_inode() const { return next_inode_; }
  uint64_t free_bytes() const { return capacity_ > used_ ? capacity_ - used_ : 0; }
  ChunkPool& pool() { return *pool_; }

  void CutPowerAfter(uint64_t n) { last_operation_ = n; }
  void Revive() {
    last_operation_ = std::numeric_limits<uint64_t>::max();
    first_cut_operation_.clear();
    faults_.clear();
  }
  void Watch(MemoryFileSystem::Watcher watcher) { watcher_ = std::move(watcher); }
  void FailOperation(uint64_t n, absl::Status error) { faults_[n] = std::move(error); }
  void SetCapacity(uint64_t capacity_bytes) { capacity_ = capacity_bytes; }

  // Counts an operation; its injected failure, if it has one.
  absl::Status Begin(absl::string_view verb, absl::string_view path) {
    return Begin(verb, path, "");
  }
  // The same of an entry of a directory; empty: of the path itself.
  absl::Status Begin(absl::string_view verb, absl::string_view path, absl::string_view name);

  absl::Time Now() const;

  // A new inode that no entry leads to yet; its metadata is durable with the entry.
  InodePtr NewInode(FileKind kind, uint32_t mode, uint64_t mount);

  // Of the operation that began last.
  const Newest& newest() const { return newest_; }
  void NoteNewest(const Inode& file) { newest_.file = &file; }

  // Changes a file's size; ResourceExhausted if the disk is full.
  absl::Status Resize(Inode& file, uint64_t size_bytes, absl::string_view path);

  // Makes `change` seen in `directory` and remembers it as pending.
  void Change(Inode& directory, EntryChange change);

  // Gives a file's space back when neither a name nor a handle leads to it.
  void ReleaseIfUnused(Inode& inode);

 private:
  InodePtr Load(const DiskImage& image, uint64_t number, std::map<uint64_t, InodePtr>& loaded);

  const uint32_t uid_;
  const uint32_t gid_;
  Clock* const clock_;
  ChunkPool own_pool_;
  ChunkPool* const pool_;
  uint64_t capacity_;
  uint64_t used_ = 0;
  uint64_t next_inode_;
  InodePtr root_;

  uint64_t operations_ = 0;
  uint64_t last_operation_ = std::numeric_limits<uint64_t>::max();
  std::string first_cut_operation_;
  std::map<uint64_t, absl::Status> faults_;
  MemoryFileSystem::Watcher watcher_;
  Newest newest_;
};

// Images of a disk (memory_power.cc).
DiskImage SeenImageOf(const MemoryDisk& disk);
DiskImage SeenImageUnder(const MemoryDisk& disk, std::span<const std::string> paths);
size_t PendingChangesOf(const MemoryDisk& disk);
size_t ForEachDurableImageOf(const MemoryDisk& disk, const PowerCut& cut,
                             absl::FunctionRef<void(const DiskImage&)> visit);

}  // namespace mig::base::internal

#endif  // MIG_BASE_MEMORY_DISK_H_
