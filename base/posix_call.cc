#include "base/posix_call.h"

#include <string.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/text.h"

namespace mig::base::internal {

namespace {

absl::StatusCode CodeOf(int error) {
  switch (error) {
    case ENOENT:
    case ENODATA:
      return absl::StatusCode::kNotFound;
    case EEXIST:
      return absl::StatusCode::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::StatusCode::kPermissionDenied;
    case ELOOP:
    case ENOTDIR:
    case EISDIR:
    case ENOTEMPTY:
    case EXDEV:
    case ETXTBSY:
    case ENXIO:
    case ENODEV:
      return absl::StatusCode::kFailedPrecondition;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case EFBIG:
    case EMLINK:
      return absl::StatusCode::kResourceExhausted;
    case EIO:
      return absl::StatusCode::kDataLoss;
    case EAGAIN:
    case EBUSY:
    case ENOMEM:
      return absl::StatusCode::kUnavailable;
    case ENOSYS:
    case EOPNOTSUPP:
      return absl::StatusCode::kUnimplemented;
    case EINVAL:
    case ENAMETOOLONG:
    case ERANGE:
    case E2BIG:
      return absl::StatusCode::kInvalidArgument;
    default:
      return absl::StatusCode::kUnknown;
  }
}

FileKind KindOf(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::kFile;
  if (S_ISDIR(mode)) return FileKind::kDirectory;
  if (S_ISLNK(mode)) return FileKind::kSymlink;
  return FileKind::kOther;
}

}  // namespace

Fd::~Fd() {
  // Everything that must not be lost was fsynced before; Linux closes also when it says EINTR.
  if (fd_ >= 0) close(fd_);
}

absl::Status ErrnoStatus(int error, absl::string_view action, absl::string_view path) {
  const char* reason = strerrordesc_np(error);
  return absl::Status(CodeOf(error),
                      absl::StrCat("cannot ", action, " ", Escaped(path, 4096), ": ",
                                   reason == nullptr ? absl::StrCat("error ", error) : reason));
}

FileStat ToFileStat(const struct ::stat& stat) {
  return FileStat{
      .kind = KindOf(stat.st_mode),
      .size_bytes = static_cast<uint64_t>(stat.st_size),
      .mode = stat.st_mode & 07777,
      .uid = stat.st_uid,
      .gid = stat.st_gid,
      .modified = absl::TimeFromTimespec(stat.st_mtim),
      .changed = absl::TimeFromTimespec(stat.st_ctim),
      .device = stat.st_dev,
      .inode = stat.st_ino,
      .links = stat.st_nlink,
  };
}

absl::Status CheckIsFile(const FileStat& stat, absl::string_view path) {
  switch (stat.kind) {
    case FileKind::kFile:
      return absl::OkStatus();
    case FileKind::kDirectory:
      return absl::FailedPreconditionError(
          absl::StrCat(Escaped(path, 4096), " is a directory, a file is needed here"));
    case FileKind::kSymlink:
      return absl::FailedPreconditionError(
          absl::StrCat(Escaped(path, 4096), " is a symbolic link, which is not followed here"));
    case FileKind::kOther:
      break;
  }
  return absl::FailedPreconditionError(
      absl::StrCat(Escaped(path, 4096), " is a device, pipe or socket, a file is needed here"));
}

}  // namespace mig::base::internal
