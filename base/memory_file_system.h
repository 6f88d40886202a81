// A disk in memory that can lose power, fail and fill up. Only sim, bench and tests see it.
//
// It keeps two images (ADVERSARY.md 9): *seen*, what processes see, and *durable*, what a power
// cut leaves. File::Sync makes a file's data durable, Directory::Sync a directory's entries; what
// lies between may be lost in any order. After Pillai et al., OSDI 2014, and FoundationDB's
// AsyncFileNonDurable.

#ifndef MIG_BASE_MEMORY_FILE_SYSTEM_H_
#define MIG_BASE_MEMORY_FILE_SYSTEM_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/chunk_pool.h"
#include "base/clock.h"
#include "base/disk_image.h"
#include "base/file_system.h"

namespace mig::base {

namespace internal {
class MemoryDisk;
}

// What the files of one virtual host lie on. Handles stay good after this object is gone.
// One thread (and any number of its fibers).
class MemoryFileSystem : public FileSystem {
 public:
  struct Options {
    // Sum of file contents, rounded up to 4 KiB each; more is ResourceExhausted.
    uint64_t capacity_bytes = std::numeric_limits<uint64_t>::max();
    // Owner of what is made here. Root (0) may do everything; nobody else is ever checked.
    uint32_t uid = 0;
    uint32_t gid = 0;
    // For mtime and ctime; without one they count operations, a microsecond each.
    Clock* clock = nullptr;
    // Where contents are shared with other hosts' disks; without one this disk has its own. The
    // pool must outlive every disk and image that was made with it.
    ChunkPool* pool = nullptr;
  };

  // An empty disk: "/" only, 0755.
  MemoryFileSystem() : MemoryFileSystem(Options{}) {}
  explicit MemoryFileSystem(const Options& options);
  // A machine that boots from what a power cut left, or from a copy of another disk.
  MemoryFileSystem(const DiskImage& image, const Options& options);
  ~MemoryFileSystem() override;

  absl::StatusOr<std::unique_ptr<Directory>> OpenRoot(absl::string_view path) override;

  // --- Faults. Every call of a FileSystem, Directory or File that touches the disk, and every
  // --- WriteAt as a whole, is one operation; they count from 1 in the order in which they start.

  uint64_t operations() const;
  // What the last operations were ("fsync /var/lib/mig-loader/journal"), newest last, at most 64.
  std::vector<std::string> RecentOperations() const;

  // From operation n + 1 on (counted from the disk's first one) everything fails with Aborted
  // ("power cut"), and nothing changes any more.
  void CutPowerAfter(uint64_t n);
  // Everything from now on.
  void CutPower() { CutPowerAfter(operations()); }

  // Operation n (counted from the disk's first one) fails once with `error`, changing nothing,
  // except that a Sync which fails drops what it should have made durable: the pages count as
  // clean and are lost at the next power cut (ATC 2020).
  void FailOperation(uint64_t n, absl::Status error);

  // The disk's capacity from now on; what is there already stays.
  void SetCapacity(uint64_t capacity_bytes);

  // --- Images

  // What processes see now, as if all were synced: a clean shutdown.
  DiskImage SeenImage() const;

  // How many changes are not yet durable: entry changes, and files with un-synced data.
  size_t PendingChanges() const;

  // Calls `visit` once for each different image that a power cut now could leave: any subset of
  // the entry changes, and for each file with un-synced data: the durable data, the new size with
  // nothing written (zeros), the first half of it, or all. Up to kExhaustiveChanges pending
  // changes every combination; beyond that `samples` combinations by `seed`, nothing-durable and
  // everything-durable always among them. Returns how many were visited.
  size_t ForEachDurableImage(uint64_t seed, size_t samples,
                             absl::FunctionRef<void(const DiskImage&)> visit) const;

  static constexpr size_t kExhaustiveChanges = 12;

 private:
  std::shared_ptr<internal::MemoryDisk> disk_;
};

}  // namespace mig::base

#endif  // MIG_BASE_MEMORY_FILE_SYSTEM_H_
