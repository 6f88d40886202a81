#include "base/posix_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/path.h"
#include "base/posix_file.h"
#include "base/status_macros.h"

namespace mig::base::internal {

namespace {

// No waiting for the other end of a FIFO, no terminal of ours, no symbolic link, not inherited.
constexpr int kSafely = O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC;

class PosixLock : public FileLock {
 public:
  explicit PosixLock(Fd fd) : fd_(std::move(fd)) {}
  // Also where a forked child has a copy of the descriptor.
  ~PosixLock() override { flock(fd_.get(), LOCK_UN); }

 private:
  const Fd fd_;
};

struct CloseDir {
  void operator()(DIR* directory) const { closedir(directory); }
};

FileKind KindOf(unsigned char type) {
  switch (type) {
    case DT_REG:
      return FileKind::kFile;
    case DT_DIR:
      return FileKind::kDirectory;
    case DT_LNK:
      return FileKind::kSymlink;
    default:
      return FileKind::kOther;
  }
}

}  // namespace

int PosixDirectory::FdOf(Directory& directory) {
  auto* const posix = dynamic_cast<PosixDirectory*>(&directory);
  MIG_CHECK(posix != nullptr) << directory.path() << " is of another file system";
  return posix->fd_.get();
}

absl::Status PosixDirectory::Error(absl::string_view action, absl::string_view name) const {
  return ErrnoStatus(errno, action, JoinPath(path_, name));
}

absl::Status PosixDirectory::OpenError(const std::string& name) const {
  const int error = errno;
  struct stat stat;
  const bool is_symlink = (error == ELOOP || error == ENOTDIR) &&
                          fstatat(fd_.get(), name.c_str(), &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
                          S_ISLNK(stat.st_mode);
  if (is_symlink) return CheckIsFile(ToFileStat(stat), JoinPath(path_, name));
  return ErrnoStatus(error, "open", JoinPath(path_, name));
}

absl::StatusOr<std::unique_ptr<Directory>> PosixDirectory::OpenDir(absl::string_view name) {
  MIG_RETURN_IF_ERROR(CheckName(name));
  const std::string entry(name);
  Fd fd(RetryOnEintr([&] {
    return openat(fd_.get(), entry.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  }));
  if (!fd.is_open()) return OpenError(entry);
  return std::make_unique<PosixDirectory>(std::move(fd), JoinPath(path_, name));
}

absl::Status PosixDirectory::MakeDir(absl::string_view name, uint32_t mode) {
  MIG_CHECK(mode <= 07777) << mode;
  MIG_RETURN_IF_ERROR(CheckName(name));
  const std::string entry(name);
  if (mkdirat(fd_.get(), entry.c_str(), 0700) != 0) return Error("make directory", name);
  const Fd made(RetryOnEintr([&] {
    return openat(fd_.get(), entry.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  }));
  if (!made.is_open()) return OpenError(entry);
  if (fchmod(made.get(), mode) != 0) return Error("chmod", name);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<File>> PosixDirectory::OpenExisting(absl::string_view name,
                                                                   int access) {
  MIG_RETURN_IF_ERROR(CheckName(name));
  const std::string entry(name);
  Fd fd(RetryOnEintr([&] { return openat(fd_.get(), entry.c_str(), access | kSafely); }));
  if (!fd.is_open()) return OpenError(entry);
  struct stat stat;
  if (fstat(fd.get(), &stat) != 0) return Error("stat", name);
  const FileStat file = ToFileStat(stat);
  std::string path = JoinPath(path_, name);
  MIG_RETURN_IF_ERROR(CheckIsFile(file, path));
  return std::make_unique<PosixFile>(std::move(fd), std::move(path), file.size_bytes);
}

absl::StatusOr<std::unique_ptr<File>> PosixDirectory::OpenRead(absl::string_view name) {
  return OpenExisting(name, O_RDONLY);
}

absl::StatusOr<std::unique_ptr<File>> PosixDirectory::OpenReadWrite(absl::string_view name) {
  return OpenExisting(name, O_RDWR);
}

absl::StatusOr<std::unique_ptr<File>> PosixDirectory::CreateExclusive(absl::string_view name,
                                                                      uint32_t mode) {
  MIG_CHECK(mode <= 07777) << mode;
  MIG_RETURN_IF_ERROR(CheckName(name));
  const std::string entry(name);
  Fd fd(RetryOnEintr(
      [&] { return openat(fd_.get(), entry.c_str(), O_RDWR | O_CREAT | O_EXCL | kSafely, 0600); }));
  if (!fd.is_open()) return Error("create", name);
  if (fchmod(fd.get(), mode) != 0) {
    const absl::Status error = Error("chmod", name);
    unlinkat(fd_.get(), entry.c_str(), 0);  // of no use to anyone; the first error is the news
    return error;
  }
  return std::make_unique<PosixFile>(std::move(fd), JoinPath(path_, name), 0);
}

absl::Status PosixDirectory::CheckStaysInParent(absl::string_view name, Directory& to) {
  MIG_ASSIGN_OR_RETURN(const FileStat stat, Stat(name));
  if (stat.kind != FileKind::kDirectory) return absl::OkStatus();
  MIG_ASSIGN_OR_RETURN(const DirectoryIdentity here, Identity());
  MIG_ASSIGN_OR_RETURN(const DirectoryIdentity there, to.Identity());
  if (here == there) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("cannot rename ", JoinPath(path_, name),
                                                    ": a directory stays in its parent here"));
}

absl::Status PosixDirectory::Rename(absl::string_view name, Directory& to,
                                    absl::string_view new_name) {
  MIG_RETURN_IF_ERROR(CheckName(name));
  MIG_RETURN_IF_ERROR(CheckName(new_name));
  const int to_fd = FdOf(to);
  if (&to != this) MIG_RETURN_IF_ERROR(CheckStaysInParent(name, to));
  if (renameat(fd_.get(), std::string(name).c_str(), to_fd, std::string(new_name).c_str()) != 0) {
    return Error("rename", absl::StrCat(name, " to ", JoinPath(to.path(), new_name)));
  }
  return absl::OkStatus();
}

absl::Status PosixDirectory::Link(absl::string_view name, Directory& to,
                                  absl::string_view new_name) {
  MIG_RETURN_IF_ERROR(CheckName(name));
  MIG_RETURN_IF_ERROR(CheckName(new_name));
  const int to_fd = FdOf(to);
  if (linkat(fd_.get(), std::string(name).c_str(), to_fd, std::string(new_name).c_str(), 0) != 0) {
    return Error("link", absl::StrCat(name, " to ", JoinPath(to.path(), new_name)));
  }
  return absl::OkStatus();
}

absl::Status PosixDirectory::Unlink(absl::string_view name) {
  MIG_RETURN_IF_ERROR(CheckName(name));
  if (unlinkat(fd_.get(), std::string(name).c_str(), 0) != 0) return Error("unlink", name);
  return absl::OkStatus();
}

absl::Status PosixDirectory::RemoveDir(absl::string_view name) {
  MIG_RETURN_IF_ERROR(CheckName(name));
  if (unlinkat(fd_.get(), std::string(name).c_str(), AT_REMOVEDIR) == 0) return absl::OkStatus();
  if (errno == EEXIST) errno = ENOTEMPTY;  // POSIX lets a disk say either
  return Error("remove directory", name);
}

absl::StatusOr<FileStat> PosixDirectory::Stat(absl::string_view name) {
  MIG_RETURN_IF_ERROR(CheckName(name));
  char entry[NAME_MAX + 1];  // a scan comes here for each file: no allocation
  memcpy(entry, name.data(), name.size());
  entry[name.size()] = '\0';
  struct stat stat;
  if (fstatat(fd_.get(), entry, &stat, AT_SYMLINK_NOFOLLOW) != 0) {
    return Error("stat", name);
  }
  return ToFileStat(stat);
}

absl::StatusOr<FileStat> PosixDirectory::StatSelf() {
  struct stat stat;
  if (fstat(fd_.get(), &stat) != 0) return ErrnoStatus(errno, "stat", path_);
  return ToFileStat(stat);
}

absl::StatusOr<std::vector<DirectoryEntry>> PosixDirectory::List(size_t max_entries) {
  // A descriptor of its own, so that two lists at once do not share a position.
  const int fd =
      RetryOnEintr([&] { return openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (fd < 0) return ErrnoStatus(errno, "list", path_);
  const std::unique_ptr<DIR, CloseDir> stream(fdopendir(fd));
  if (stream == nullptr) {
    const absl::Status error = ErrnoStatus(errno, "list", path_);
    close(fd);
    return error;
  }

  std::vector<DirectoryEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* const entry = readdir(stream.get());
    if (entry == nullptr && errno != 0) return ErrnoStatus(errno, "list", path_);
    if (entry == nullptr) break;
    const absl::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (entries.size() == max_entries) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path_, " has more than the ", max_entries, " entries that are read here"));
    }
    FileKind kind = KindOf(entry->d_type);
    if (entry->d_type == DT_UNKNOWN) {
      const absl::StatusOr<FileStat> stat = Stat(name);
      if (absl::IsNotFound(stat.status())) continue;  // gone meanwhile
      MIG_RETURN_IF_ERROR(stat.status());
      kind = stat->kind;
    }
    entries.push_back({.name = std::string(name), .kind = kind});
  }
  std::sort(entries.begin(), entries.end(),
            [](const DirectoryEntry& a, const DirectoryEntry& b) { return a.name < b.name; });
  return entries;
}

absl::Status PosixDirectory::Sync() {
  if (RetryOnEintr([&] { return fsync(fd_.get()); }) != 0) {
    return ErrnoStatus(errno, "fsync", path_);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<FileLock>> PosixDirectory::TryLock(absl::string_view name) {
  MIG_RETURN_IF_ERROR(CheckName(name));
  const std::string entry(name);
  Fd fd(RetryOnEintr(
      [&] { return openat(fd_.get(), entry.c_str(), O_RDWR | O_CREAT | kSafely, 0600); }));
  if (!fd.is_open()) return OpenError(entry);
  struct stat stat;
  if (fstat(fd.get(), &stat) != 0) return Error("stat", name);
  MIG_RETURN_IF_ERROR(CheckIsFile(ToFileStat(stat), JoinPath(path_, name)));
  if (RetryOnEintr([&] { return flock(fd.get(), LOCK_EX | LOCK_NB); }) != 0) {
    if (errno != EWOULDBLOCK) return Error("lock", name);
    return absl::UnavailableError(absl::StrCat(
        "another process holds the lock ", JoinPath(path_, name), "; try again when it has ended"));
  }
  return std::make_unique<PosixLock>(std::move(fd));
}

absl::StatusOr<uint64_t> PosixDirectory::FreeSpace() {
  struct statvfs disk;
  if (RetryOnEintr([&] { return fstatvfs(fd_.get(), &disk); }) != 0) {
    return ErrnoStatus(errno, "statvfs", path_);
  }
  return uint64_t{disk.f_bavail} * disk.f_frsize;
}

absl::StatusOr<DirectoryIdentity> PosixDirectory::Identity() {
  struct statx stat;
  if (statx(fd_.get(), "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &stat) != 0) {
    return ErrnoStatus(errno, "statx", path_);
  }
  const bool has_mount = (stat.stx_mask & STATX_MNT_ID) != 0;  // Linux 5.8 and later
  return DirectoryIdentity{
      .device = (uint64_t{stat.stx_dev_major} << 32) | stat.stx_dev_minor,
      .inode = stat.stx_ino,
      .mount = has_mount ? stat.stx_mnt_id : 0,
  };
}

}  // namespace mig::base::internal
