#include "loader/install/staged_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/file.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

constexpr uint32_t kWorkMode = 0600;  // until the contents are complete
constexpr size_t kBufferBytes = 64 * 1024;
constexpr size_t kNameDigits = 32;

// Removes whatever has the name; nothing is fine too.
absl::Status Remove(base::Directory& directory, absl::string_view name) {
  const absl::Status removed = directory.Unlink(name);
  return absl::IsNotFound(removed) ? absl::OkStatus() : removed;
}

absl::StatusOr<std::unique_ptr<base::File>> CreateAfresh(base::Directory& directory,
                                                         absl::string_view name) {
  absl::StatusOr<std::unique_ptr<base::File>> file = directory.CreateExclusive(name, kWorkMode);
  if (!absl::IsAlreadyExists(file.status())) return file;
  MIG_RETURN_IF_ERROR(directory.Unlink(name));  // a link is not followed
  return directory.CreateExclusive(name, kWorkMode);
}

// The same bytes in an inode that nobody else has a name of or a handle on.
absl::Status RebuildInode(base::Directory& directory, absl::string_view name, uint64_t max_bytes) {
  const std::string fresh = absl::StrCat(name, ".fresh");
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> old, directory.OpenRead(name));
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> copy, CreateAfresh(directory, fresh));
  absl::Status done = copy->CopyFrom(*old, max_bytes);
  if (done.ok()) done = directory.Rename(fresh, directory, name);
  if (!done.ok()) Remove(directory, fresh).IgnoreError();  // a full disk gets it back
  return done;
}

struct Poured {
  uint64_t end = 0;  // how far it came; more than wanted: the source has too much
  absl::Status from_source;
  absl::Status to_disk;
};

// Writes what the source yields, from `offset` to its end or to one byte too much.
Poured Pour(base::ByteSource& contents, uint64_t offset, uint64_t want_bytes, base::File& file) {
  std::array<char, kBufferBytes> buffer;
  Poured poured = {.end = offset};
  while (poured.end <= want_bytes) {
    const uint64_t room = std::min<uint64_t>(kBufferBytes, want_bytes - poured.end + 1);
    const absl::StatusOr<size_t> count = contents.Read(std::span(buffer.data(), room));
    poured.from_source = count.status();
    if (!count.ok() || *count == 0) return poured;
    MIG_CHECK(*count <= room) << *count;
    const size_t wanted = std::min<uint64_t>(*count, want_bytes - poured.end);
    poured.to_disk = file.WriteAt(poured.end, absl::string_view(buffer.data(), wanted));
    if (!poured.to_disk.ok()) return poured;
    poured.end += *count;
  }
  return poured;
}

absl::Status FullDisk(const absl::Status& status, absl::string_view path) {
  if (!absl::IsResourceExhausted(status) || trust::RefusalOf(status).has_value()) return status;
  return trust::Refuse(
      v1::Refusal::DISK_FULL,
      absl::StrCat("no space to write ", path, "; make room there: ", status.message()));
}

// Owner before mode: chown takes set-uid away. Then durable, and read back.
absl::StatusOr<base::FileStat> Complete(base::File& file, const FileFacts& want) {
  MIG_RETURN_IF_ERROR(file.SetOwner(want.uid, want.gid));
  MIG_RETURN_IF_ERROR(file.SetMode(want.mode));
  MIG_RETURN_IF_ERROR(file.Sync());
  MIG_ASSIGN_OR_RETURN(const base::FileDigest got, base::HashFile(file, want.size_bytes));
  if (got.digest != want.digest) {
    return trust::Refuse(v1::Refusal::HASH,
                         absl::StrCat(file.path(), ": the contents have SHA-256 ",
                                      got.digest.ToHex(), ", ", want.digest.ToHex(),
                                      " was signed; they come from another source, or were "
                                      "changed on the way"));
  }
  MIG_ASSIGN_OR_RETURN(const base::FileStat stat, file.Stat());
  const bool is_right = got.size_bytes == want.size_bytes && stat.mode == want.mode &&
                        stat.uid == want.uid && stat.gid == want.gid && stat.links == 1;
  if (!is_right) {
    return absl::DataLossError(absl::StrCat(
        file.path(), " was changed while it was being written; who else has it open?"));
  }
  return stat;
}

absl::StatusOr<base::FileStat> Finish(const Poured& poured, base::File& file,
                                      const FileFacts& want) {
  MIG_RETURN_IF_ERROR(poured.to_disk);
  if (poured.end > want.size_bytes) {
    return trust::Refuse(v1::Refusal::LENGTH,
                         absl::StrCat(file.path(), ": the contents have more than the ",
                                      want.size_bytes, " bytes that were signed"));
  }
  return Complete(file, want);
}

}  // namespace

std::string StagedName(absl::string_view file_name, const base::FileDigest& content) {
  const base::Digest digest = base::Sha256()
                                  .Add(absl::string_view("MIG staged v1\0", 14))
                                  .AddWithLength(file_name)
                                  .Add(content.digest.bytes())
                                  .AddU64Be(content.size_bytes)
                                  .Finish();
  return absl::StrCat(kStagedPrefix, digest.ToHex().substr(0, kNameDigits));
}

absl::StatusOr<uint64_t> StagedFile::BytesThere(base::Directory& directory,
                                                absl::string_view file_name,
                                                const base::FileDigest& content,
                                                uint32_t owner_uid) {
  const std::string name = StagedName(file_name, content);
  const absl::StatusOr<base::FileStat> stat = directory.Stat(name);
  if (absl::IsNotFound(stat.status())) return 0;
  MIG_RETURN_IF_ERROR(stat.status());
  if (stat->kind != base::FileKind::kFile || stat->size_bytes > content.size_bytes) {
    MIG_RETURN_IF_ERROR(Remove(directory, name));
    return 0;
  }
  const bool is_ours = stat->links == 1 && stat->uid == owner_uid && stat->mode == kWorkMode;
  if (is_ours) return stat->size_bytes;
  if (!RebuildInode(directory, name, content.size_bytes).ok()) {
    MIG_RETURN_IF_ERROR(Remove(directory, name));
    return 0;
  }
  return stat->size_bytes;
}

absl::StatusOr<StagedFile> StagedFile::Write(base::Directory& directory,
                                             absl::string_view file_name, const FileFacts& want,
                                             uint64_t offset, base::ByteSource& contents) {
  MIG_CHECK(offset <= want.size_bytes) << offset << " of " << want.size_bytes;
  const std::string name = StagedName(file_name, want.content());
  std::unique_ptr<base::File> file;
  if (offset == 0) {
    MIG_ASSIGN_OR_RETURN(file, CreateAfresh(directory, name));
  } else {
    MIG_ASSIGN_OR_RETURN(file, directory.OpenReadWrite(name));
    MIG_RETURN_IF_ERROR(file->Truncate(offset));
  }

  const Poured poured = Pour(contents, offset, want.size_bytes, *file);
  if (!poured.from_source.ok()) return poured.from_source;  // what came stays
  if (poured.to_disk.ok() && poured.end < want.size_bytes) {
    return trust::Refuse(v1::Refusal::LENGTH, absl::StrCat(file->path(),
                                                           ": the contents ended "
                                                           "after ",
                                                           poured.end, " of ", want.size_bytes,
                                                           " bytes; the next "
                                                           "try goes on from there"));
  }
  const absl::StatusOr<base::FileStat> stat = Finish(poured, *file, want);
  if (!stat.ok()) {
    Remove(directory, name).IgnoreError();
    return FullDisk(stat.status(), file->path());
  }
  return StagedFile(directory, name, want, *stat);
}

StagedFile::StagedFile(StagedFile&& other) noexcept
    : directory_(std::exchange(other.directory_, nullptr)),
      name_(std::move(other.name_)),
      facts_(other.facts_),
      stat_(other.stat_) {}

StagedFile::~StagedFile() {
  if (directory_ != nullptr) Remove(*directory_, name_).IgnoreError();
}

absl::Status StagedFile::CheckUntouched() const {
  MIG_CHECK(directory_ != nullptr) << name_;
  MIG_ASSIGN_OR_RETURN(const base::FileStat stat, directory_->Stat(name_));
  if (stat == stat_) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(base::JoinPath(directory_->path(), name_),
                                          " was changed after it was verified; who else may write "
                                          "there?"));
}

}  // namespace mig::loader
