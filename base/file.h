// One open regular file, as a seam: POSIX or memory.

#ifndef MIG_BASE_FILE_H_
#define MIG_BASE_FILE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mig::base {

enum class FileKind { kFile, kDirectory, kSymlink, kOther };

struct FileStat {
  FileKind kind = FileKind::kOther;
  uint64_t size_bytes = 0;
  uint32_t mode = 0;  // permission bits with setuid, setgid, sticky: 07777
  uint32_t uid = 0;
  uint32_t gid = 0;
  absl::Time modified;  // contents (mtime), to the nanosecond
  absl::Time changed;   // contents, mode, owner or links (ctime); nobody can set it
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t links = 0;

  friend bool operator==(const FileStat&, const FileStat&) = default;
};

// A regular file that is open; closes itself. One thread at a time (several handles of one file
// may be used by several threads). All errors name the path; codes as in file_system.h.
class File {
 public:
  virtual ~File() = default;

  // Fills `into` from `offset`; returns how many bytes: fewer only at the end of the file.
  virtual absl::StatusOr<size_t> ReadAt(uint64_t offset, std::span<char> into) = 0;

  // Gives the file's bytes from the start to `take`, piece by piece and in order, by the fastest
  // way there is; memory: a few buffers, whatever the size. Returns how many. ResourceExhausted
  // as soon as there are more than `max_bytes`, of which then at most max_bytes were given. A
  // file that changes meanwhile gives its old or new bytes, or a mix, and no crash.
  virtual absl::StatusOr<uint64_t> ReadThrough(uint64_t max_bytes,
                                               absl::FunctionRef<void(absl::string_view)> take) = 0;

  // Writes all of `bytes` at `offset`; a gap before it reads as zeros. After an error any prefix
  // may be there. Durable only after Sync or SyncData.
  virtual absl::Status WriteAt(uint64_t offset, absl::string_view bytes) = 0;

  // Cuts the file, or extends it with zeros.
  virtual absl::Status Truncate(uint64_t size_bytes) = 0;

  // This file, empty, gets the contents of `source` (of the same FileSystem): shares the blocks
  // where the disk can (reflink), else copies. ResourceExhausted if that is more than `max_bytes`.
  virtual absl::Status CopyFrom(File& source, uint64_t max_bytes) = 0;

  // Contents, size, mode, owner and attributes are durable when this returns; the *name* needs
  // Directory::Sync. After an error the data counts as lost: write a new file, never sync again
  // (ATC 2020, "Can applications recover from fsync failures?").
  virtual absl::Status Sync() = 0;
  // Contents and size only. Cheaper for a rewrite in place.
  virtual absl::Status SyncData() = 0;

  virtual absl::StatusOr<FileStat> Stat() = 0;
  // `mode`: at most 07777; exactly this, whatever the umask.
  virtual absl::Status SetMode(uint32_t mode) = 0;
  virtual absl::Status SetOwner(uint32_t uid, uint32_t gid) = 0;

  // Extended attributes, with the namespace in the name ("user.mig", "security.capability").
  // Unimplemented where the disk has none. Values up to 64 KiB.
  virtual absl::Status SetAttribute(absl::string_view name, absl::string_view value) = 0;
  // NotFound if the file has no such attribute.
  virtual absl::StatusOr<std::string> GetAttribute(absl::string_view name) = 0;

  // Absolute, as it was when the file was opened; for messages.
  virtual absl::string_view path() const = 0;
};

}  // namespace mig::base

#endif  // MIG_BASE_FILE_H_
