// The disk as a seam (DESIGN.md 3): handles of directories, and operations on *single names* in
// them. A path is resolved once, without following a symbolic link; after that nobody who moves
// directories about can lead an operation elsewhere. Real: posix_file_system.h. Stand-in, which
// can lose power: memory_file_system.h.
//
// Errors of all operations here and in file.h; every message names the path:
//   InvalidArgument     the name is empty, ".", "..", over 255 bytes, or has '/' or a zero byte
//   NotFound            no such name or directory
//   AlreadyExists       the name is taken
//   PermissionDenied    the system does not let this process
//   FailedPrecondition  not of the kind that is needed: a symbolic link, a directory in place of
//                       a file, a directory that is not empty, two different file systems
//   ResourceExhausted   disk or quota full, too many open files, or a bound of ours
//   DataLoss            the disk could not read or write (EIO)
//   Unavailable         busy: another process holds the lock, or memory is short; later may work
//   Unimplemented       this file system cannot do it
//   Aborted             (memory only) the power is cut

#ifndef MIG_BASE_FILE_SYSTEM_H_
#define MIG_BASE_FILE_SYSTEM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file.h"

namespace mig::base {

// Held as long as this object lives, and no longer than the process.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

struct DirectoryEntry {
  std::string name;
  FileKind kind = FileKind::kOther;

  friend bool operator==(const DirectoryEntry&, const DirectoryEntry&) = default;
};

// Equal iff it is the same directory, seen through the same mount: files can be renamed between
// two directories of one device and mount, and not between two mounts of one device.
struct DirectoryIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t mount = 0;

  friend bool operator==(const DirectoryIdentity&, const DirectoryIdentity&) = default;
};

// An open directory: stays the same directory when it is renamed. Any thread may call.
// A Directory& argument must be of the same FileSystem.
class Directory {
 public:
  virtual ~Directory() = default;

  virtual absl::StatusOr<std::unique_ptr<Directory>> OpenDir(absl::string_view name) = 0;
  // `mode`: exactly this, whatever the umask.
  virtual absl::Status MakeDir(absl::string_view name, uint32_t mode) = 0;

  // Regular files only; never waits (for the other end of a FIFO).
  virtual absl::StatusOr<std::unique_ptr<File>> OpenRead(absl::string_view name) = 0;
  // An existing file, to be rewritten in place.
  virtual absl::StatusOr<std::unique_ptr<File>> OpenReadWrite(absl::string_view name) = 0;
  // A new file, open for reading and writing; AlreadyExists if there is anything, a link too.
  virtual absl::StatusOr<std::unique_ptr<File>> CreateExclusive(absl::string_view name,
                                                                uint32_t mode) = 0;

  // Atomic in what processes see; durable after Sync of both directories. Replaces a file (or an
  // empty directory by a directory) at `new_name`. A directory stays in its parent: it is not
  // moved to another one (FailedPrecondition), so that a power cut can make no circle.
  virtual absl::Status Rename(absl::string_view name, Directory& to,
                              absl::string_view new_name) = 0;
  // A second name for a file. AlreadyExists if `new_name` is taken.
  virtual absl::Status Link(absl::string_view name, Directory& to, absl::string_view new_name) = 0;
  // Anything but a directory.
  virtual absl::Status Unlink(absl::string_view name) = 0;
  // An empty directory.
  virtual absl::Status RemoveDir(absl::string_view name) = 0;

  // Of the name itself: a symbolic link is kSymlink.
  virtual absl::StatusOr<FileStat> Stat(absl::string_view name) = 0;
  virtual absl::StatusOr<FileStat> StatSelf() = 0;
  // Sorted by name, without "." and "..". ResourceExhausted if there are more than `max_entries`.
  virtual absl::StatusOr<std::vector<DirectoryEntry>> List(size_t max_entries) = 0;

  // The entries of this directory are durable when this returns.
  virtual absl::Status Sync() = 0;

  // Takes the advisory lock of file `name`, which is made (0600) if it is missing. Does not wait:
  // Unavailable while somebody else, or this process, holds it. Never unlink that file.
  virtual absl::StatusOr<std::unique_ptr<FileLock>> TryLock(absl::string_view name) = 0;

  // Bytes that this process could still write here.
  virtual absl::StatusOr<uint64_t> FreeSpace() = 0;
  virtual absl::StatusOr<DirectoryIdentity> Identity() = 0;

  // Absolute, as it was when the directory was opened; for messages.
  virtual absl::string_view path() const = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // The directory at `path`: absolute, without ".", ".." or empty components (one trailing '/' is
  // let pass). A symbolic link anywhere in it is refused with FailedPrecondition that names it.
  // "/" itself is fine. Any thread may call.
  virtual absl::StatusOr<std::unique_ptr<Directory>> OpenRoot(absl::string_view path) = 0;
};

}  // namespace mig::base

#endif  // MIG_BASE_FILE_SYSTEM_H_
