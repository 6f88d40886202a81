// A disk in memory that can lose power, fail and fill up. Only sim, bench and tests see it.
//
// It keeps two images (docs/protocol.md, ADVERSARY 9): *seen*, what processes see, and *durable*,
// what is safe. File::Sync makes a file's data durable, Directory::Sync a directory's entries; what
// is in between may be lost in any combination. After Pillai et al., OSDI 2014, and FoundationDB's
// AsyncFileNonDurable.

#ifndef MIG_BASE_MEMORY_FILE_SYSTEM_H_
#define MIG_BASE_MEMORY_FILE_SYSTEM_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/chunk_pool.h"
#include "base/clock.h"
#include "base/disk_image.h"
#include "base/file_contents.h"
#include "base/file_system.h"

namespace mig::base {

namespace internal {
class MemoryDisk;
}

// Which of the images that a power cut could leave are asked for.
struct PowerCut {
  enum class Which {
    kAll,
    // Those that a cut before the newest operation could not have left, as far as that is easily
    // told: who looks after each operation sees all of them, and few of them twice. (What a Sync
    // makes durable leaves fewer images, and no new one.)
    kNew,
    // Nothing-durable, everything-durable, and `samples` others, however few changes there are.
    kDrawn,
  };

  uint64_t seed = 0;
  size_t samples = 0;
  // Files, and directories with all below them, on which little depends: of what is pending there
  // nothing survives, or everything. They count as one change.
  std::vector<std::string> together = {};
  Which which = Which::kAll;
};

// What a memory disk's open file holds now; null: it is of another file system.
const FileContents* ContentsOf(File& file);

// What the files of one virtual host lie on. Handles stay good after this object is gone.
// One thread at a time (and any number of its fibers).
class MemoryFileSystem : public FileSystem {
 public:
  struct Options {
    // Sum of file contents, each rounded up to 4 KiB; more is ResourceExhausted.
    uint64_t capacity_bytes = std::numeric_limits<int64_t>::max();
    // Owner of what is made here. Permissions are kept, and never checked: this is root's view.
    uint32_t uid = 0;
    uint32_t gid = 0;
    // For mtime and ctime; must outlive the disk. Without one, time goes on by 1 us per operation.
    Clock* clock = nullptr;
    // Where contents are shared with other hosts' disks; must outlive the disk. Without one this
    // disk has its own.
    ChunkPool* pool = nullptr;
  };

  // An empty disk: "/" only, 0755.
  MemoryFileSystem();
  explicit MemoryFileSystem(const Options& options);
  // A machine that boots from what a power cut left, or from a copy of another one's disk.
  explicit MemoryFileSystem(const DiskImage& image);
  MemoryFileSystem(const DiskImage& image, const Options& options);
  ~MemoryFileSystem() override;

  absl::StatusOr<std::unique_ptr<Directory>> OpenRoot(absl::string_view path) override;

  // --- Faults. Every call of FileSystem, Directory and File is one operation, except path();
  // --- they are counted from 1 in the order of their beginnings.

  uint64_t operations() const;

  // Operation n is the last one that works: what follows fails with Aborted ("power cut") and
  // changes nothing.
  void CutPowerAfter(uint64_t n);
  void CutPower() { CutPowerAfter(operations()); }
  // After a kill, the next process on the same machine: the disk works again, nothing is planned to
  // fail any more, and what was not durable is still not.
  void Revive();
  // The first operation that failed of it, as "fsync /var/lib/mig-loader/journal"; else empty.
  std::string first_cut_operation() const;

  // Operation n fails with `error`, once, and changes nothing; except that a WriteAt which fails
  // leaves the first half of its bytes (a disk that gets full in the middle), and that a File::Sync
  // or SyncData which fails drops what it should have made durable: it is still seen, no later Sync
  // writes it, and a power cut loses it (ATC 2020). Entries stay pending after a failed
  // Directory::Sync: file systems journal them, or shut down.
  void FailOperation(uint64_t n, absl::Status error);

  // Called as each operation begins, before it changes anything ("fsync", "/etc/agent"): with the
  // disk as the operations before left it, to look at its images. It begins no operation of this
  // disk that looks at it in turn. Null: nobody looks.
  using Watcher = std::function<void(absl::string_view verb, absl::string_view path)>;
  void Watch(Watcher watcher);

  // What is there already stays.
  void SetCapacity(uint64_t capacity_bytes);

  // --- What no Directory can make. The parent exists; the change is durable at once.

  // A symbolic link or other kind (device, FIFO, socket) of entry at an absolute path.
  void Plant(absl::string_view path, FileKind kind);
  // The directory at `path` becomes a mount point: nothing is renamed or linked across.
  void MountAt(absl::string_view path);

  // --- Images

  // What processes see now, as if all were synced: a clean shutdown.
  DiskImage SeenImage() const;
  // The same of these absolute paths, with what is below and the directories above them, and
  // nothing beside. A path that is not there is left out.
  DiskImage SeenImageUnder(std::span<const std::string> paths) const;

  // How many things are not durable: changes of entries (a rename in one directory is one, across
  // two directories two), and files with new data or metadata.
  size_t PendingChanges() const;

  // Calls `visit` once for each different image that a power cut at this moment could leave: each
  // subset of the entry changes (of one name in their order), and of each file that is not synced
  // - as it was durable (a new file: empty),
  // - cut to where it was truncated,
  // - with its new size and metadata, zeros in place of new bytes,
  // - with the first half of what was written,
  // - as it is seen.
  // Up to kExhaustiveChanges pending changes all of them (unless that is over kMaxImages), beyond
  // that nothing-durable, everything-durable and `samples` others, drawn by `seed`, which the
  // caller prints. Returns how many were visited.
  size_t ForEachDurableImage(const PowerCut& cut,
                             absl::FunctionRef<void(const DiskImage&)> visit) const;
  size_t ForEachDurableImage(uint64_t seed, size_t samples,
                             absl::FunctionRef<void(const DiskImage&)> visit) const;

  static constexpr size_t kExhaustiveChanges = 12;
  static constexpr uint64_t kMaxImages = 65'536;

 private:
  std::shared_ptr<internal::MemoryDisk> disk_;
};

}  // namespace mig::base

#endif  // MIG_BASE_MEMORY_FILE_SYSTEM_H_
