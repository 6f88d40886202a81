#include "base/posix_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"

namespace mig::base::internal {

namespace {

// Small enough to stay in the core's own cache between read(2) and whoever takes the bytes: hashing
// then runs at the speed of hashing memory, and no mapping can end in SIGBUS when somebody cuts
// the file. (Measured: 32 KiB to 1 MiB are alike; mapped windows were 5 to 25 % slower.)
constexpr uint64_t kBufferBytes = 128 * 1024;
constexpr uint64_t kSmallestBufferBytes = 4 * 1024;
constexpr uint64_t kReadAheadFromBytes = 1024 * 1024;
constexpr size_t kMaxAttributeBytes = 64 * 1024;

absl::Status TooLong(absl::string_view path, uint64_t max_bytes) {
  return absl::ResourceExhaustedError(
      absl::StrCat(path, " has more than the ", max_bytes, " bytes that are read here"));
}

absl::Status CheckOffset(uint64_t offset, uint64_t count, absl::string_view path) {
  constexpr uint64_t kMost = std::numeric_limits<off_t>::max();
  if (offset <= kMost && count <= kMost - offset) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": no file reaches to offset ", offset, " + ", count));
}

}  // namespace

absl::StatusOr<size_t> PosixFile::ReadAt(uint64_t offset, std::span<char> into) {
  MIG_RETURN_IF_ERROR(CheckOffset(offset, into.size(), path_));
  size_t done = 0;
  while (done < into.size()) {
    const ssize_t count = RetryOnEintr(
        [&] { return pread(fd_.get(), into.data() + done, into.size() - done, offset + done); });
    if (count < 0) return Error("read");
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  return done;
}

absl::StatusOr<uint64_t> PosixFile::ReadThrough(uint64_t max_bytes,
                                                absl::FunctionRef<void(absl::string_view)> take) {
  if (size_hint_bytes_ >= kReadAheadFromBytes) {
    posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);  // advice: its failure changes nothing
  }
  const uint64_t buffer_bytes =
      std::clamp(size_hint_bytes_ + 1, kSmallestBufferBytes, kBufferBytes);
  const auto buffer = std::make_unique_for_overwrite<char[]>(buffer_bytes);
  for (uint64_t offset = 0;;) {
    const ssize_t result = RetryOnEintr(
        [&] { return pread(fd_.get(), buffer.get(), buffer_bytes, static_cast<off_t>(offset)); });
    if (result < 0) return Error("read");
    const uint64_t count = static_cast<uint64_t>(result);
    const uint64_t wanted = std::min(count, max_bytes - offset);
    if (wanted > 0) take(absl::string_view(buffer.get(), wanted));
    if (wanted < count) return TooLong(path_, max_bytes);
    offset += count;
    // A short read up to the known size is the end, which saves one call per small file. Files of
    // /proc have size 0 and come in pieces.
    const bool is_end = count < buffer_bytes && offset == size_hint_bytes_;
    if (count == 0 || is_end) return offset;
  }
}

absl::Status PosixFile::WriteAt(uint64_t offset, absl::string_view bytes) {
  MIG_RETURN_IF_ERROR(CheckOffset(offset, bytes.size(), path_));
  while (!bytes.empty()) {
    const ssize_t count =
        RetryOnEintr([&] { return pwrite(fd_.get(), bytes.data(), bytes.size(), offset); });
    if (count < 0) return Error("write");
    offset += static_cast<uint64_t>(count);
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

absl::Status PosixFile::Truncate(uint64_t size_bytes) {
  MIG_RETURN_IF_ERROR(CheckOffset(size_bytes, 0, path_));
  if (RetryOnEintr([&] { return ftruncate(fd_.get(), size_bytes); }) != 0) return Error("resize");
  return absl::OkStatus();
}

absl::Status PosixFile::CopyFrom(File& source, uint64_t max_bytes) {
  auto* const from = dynamic_cast<PosixFile*>(&source);
  MIG_CHECK(from != nullptr) << source.path() << " is of another file system";
  MIG_ASSIGN_OR_RETURN(const FileStat stat, from->Stat());
  if (stat.size_bytes > max_bytes) return TooLong(from->path_, max_bytes);
  // Where the disk cannot share blocks, whatever it says, copying can.
  if (ioctl(fd_.get(), FICLONE, from->fd_.get()) != 0) return CopyBytes(source, max_bytes);

  MIG_ASSIGN_OR_RETURN(const FileStat copy, Stat());
  if (copy.size_bytes > max_bytes) return TooLong(from->path_, max_bytes);
  return absl::OkStatus();
}

absl::Status PosixFile::CopyBytes(File& source, uint64_t max_bytes) {
  absl::Status written;
  uint64_t offset = 0;
  const auto write = [&](absl::string_view piece) {
    if (written.ok()) written = WriteAt(offset, piece);
    offset += piece.size();
  };
  MIG_RETURN_IF_ERROR(source.ReadThrough(max_bytes, write).status());
  return written;
}

absl::Status PosixFile::Sync() {
  if (RetryOnEintr([&] { return fsync(fd_.get()); }) != 0) return Error("fsync");
  return absl::OkStatus();
}

absl::Status PosixFile::SyncData() {
  if (RetryOnEintr([&] { return fdatasync(fd_.get()); }) != 0) return Error("fdatasync");
  return absl::OkStatus();
}

absl::StatusOr<FileStat> PosixFile::Stat() {
  struct stat stat;
  if (fstat(fd_.get(), &stat) != 0) return Error("stat");
  return ToFileStat(stat);
}

absl::Status PosixFile::SetMode(uint32_t mode) {
  MIG_CHECK(mode <= 07777) << mode;
  if (fchmod(fd_.get(), mode) != 0) return Error("chmod");
  return absl::OkStatus();
}

absl::Status PosixFile::SetOwner(uint32_t uid, uint32_t gid) {
  if (fchown(fd_.get(), uid, gid) != 0) return Error("chown");
  return absl::OkStatus();
}

absl::Status PosixFile::SetAttribute(absl::string_view name, absl::string_view value) {
  if (fsetxattr(fd_.get(), std::string(name).c_str(), value.data(), value.size(), 0) != 0) {
    return Error(absl::StrCat("set attribute '", name, "' of"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> PosixFile::GetAttribute(absl::string_view name) {
  std::string value(kMaxAttributeBytes, '\0');
  const ssize_t count = fgetxattr(fd_.get(), std::string(name).c_str(), value.data(), value.size());
  if (count < 0) return Error(absl::StrCat("get attribute '", name, "' of"));
  value.resize(static_cast<size_t>(count));
  return value;
}

}  // namespace mig::base::internal
