#include "loader/install/partial_file.h"

#include <algorithm>
#include <span>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "loader/scan/file_attributes.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

constexpr uint32_t kWorkMode = 0600;  // until the contents are complete
constexpr size_t kBufferBytes = 128 * 1024;

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

absl::Status FullDisk(const absl::Status& status, absl::string_view path) {
  if (!absl::IsResourceExhausted(status) || trust::RefusalOf(status).has_value()) return status;
  return trust::Refuse(
      v1::Refusal::DISK_FULL,
      absl::StrCat("no space to write ", path, "; make room there: ", status.message()));
}

absl::Status TooLong(absl::string_view path, uint64_t want_bytes) {
  return trust::Refuse(v1::Refusal::LENGTH, absl::StrCat(path, ": the contents have more than the ",
                                                         want_bytes, " bytes that were signed"));
}

}  // namespace

absl::StatusOr<uint64_t> PartialFile::BytesThere(base::Directory& directory,
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

absl::StatusOr<PartialFile> PartialFile::Resume(base::Directory& directory,
                                                absl::string_view file_name,
                                                const base::FileDigest& content,
                                                uint32_t owner_uid) {
  MIG_ASSIGN_OR_RETURN(const uint64_t there, BytesThere(directory, file_name, content, owner_uid));
  if (there == 0) return Create(directory, file_name, content);
  std::string name = StagedName(file_name, content);
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<base::File> file, directory.OpenReadWrite(name));
  PartialFile part(directory, std::move(name), content, std::move(file));
  part.size_bytes_ = there;
  part.is_resumed_ = true;
  return part;
}

absl::StatusOr<PartialFile> PartialFile::Create(base::Directory& directory,
                                                absl::string_view file_name,
                                                const base::FileDigest& content) {
  std::string name = StagedName(file_name, content);
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<base::File> file, CreateAfresh(directory, name));
  return PartialFile(directory, std::move(name), content, std::move(file));
}

absl::Status PartialFile::Append(absl::string_view bytes) {
  if (bytes.size() > content_.size_bytes - size_bytes_) {
    return Drop(TooLong(file_->path(), content_.size_bytes));
  }
  absl::Status done = file_->WriteAt(size_bytes_, bytes);
  if (done.ok()) {
    size_bytes_ += bytes.size();
    done = ReadBack();
  }
  return done.ok() ? done : Drop(FullDisk(done, file_->path()));
}

absl::Status PartialFile::Rewind(uint64_t offset) {
  MIG_CHECK(offset <= size_bytes_) << offset << " of " << size_bytes_;
  if (offset == size_bytes_) return absl::OkStatus();
  MIG_RETURN_IF_ERROR(file_->Truncate(offset));
  size_bytes_ = offset;
  is_resumed_ = is_resumed_ && offset > 0;
  if (read_back_ <= offset) return absl::OkStatus();
  hash_ = base::Sha256();
  read_back_ = 0;
  return absl::OkStatus();
}

absl::Status PartialFile::AppendAll(base::ByteSource& contents) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kBufferBytes);
  for (;;) {
    const uint64_t room = std::min<uint64_t>(kBufferBytes, content_.size_bytes - size_bytes_ + 1);
    MIG_ASSIGN_OR_RETURN(const size_t count, contents.Read(std::span(buffer.get(), room)));
    if (count == 0) return absl::OkStatus();
    MIG_CHECK(count <= room) << count;
    MIG_RETURN_IF_ERROR(Append(absl::string_view(buffer.get(), count)));
  }
}

absl::Status PartialFile::CopyFrom(base::File& source) {
  MIG_CHECK(size_bytes_ == 0) << size_bytes_;
  const absl::Status copied = file_->CopyFrom(source, content_.size_bytes);
  if (!copied.ok()) return Drop(FullDisk(copied, file_->path()));
  MIG_ASSIGN_OR_RETURN(const base::FileStat stat, file_->Stat());
  size_bytes_ = stat.size_bytes;
  return absl::OkStatus();
}

// What was read before is not read again: it is hashed from where the last one ended.
absl::Status PartialFile::ReadBack() {
  if (buffer_ == nullptr) buffer_ = std::make_unique_for_overwrite<char[]>(kBufferBytes);
  while (read_back_ < size_bytes_) {
    const uint64_t want = std::min<uint64_t>(kBufferBytes, size_bytes_ - read_back_);
    MIG_ASSIGN_OR_RETURN(const size_t count,
                         file_->ReadAt(read_back_, std::span(buffer_.get(), want)));
    if (count == 0) {
      return absl::DataLossError(absl::StrCat(
          file_->path(), " became shorter while it was being written; who else has it open?"));
    }
    hash_.Add(absl::string_view(buffer_.get(), count));
    read_back_ += count;
  }
  return absl::OkStatus();
}

absl::StatusOr<StagedFile> PartialFile::Finish(const FileFacts& want) && {
  MIG_CHECK(want.content() == content_) << want;
  if (size_bytes_ < content_.size_bytes) {
    return trust::Refuse(
        v1::Refusal::LENGTH,
        absl::StrCat(file_->path(), ": the contents ended after ", size_bytes_, " of ",
                     content_.size_bytes, " bytes; the next try goes on from there"));
  }
  const absl::StatusOr<base::FileStat> stat = Complete(want);
  if (!stat.ok()) return Drop(FullDisk(stat.status(), file_->path()));
  return StagedFile(*directory_, name_, want, *stat);
}

// Owner before mode and attributes: chown takes set-uid and capabilities away. The last look is
// after the last change: what was read back is what is durable, and nobody else touched it
// meanwhile.
absl::StatusOr<base::FileStat> PartialFile::Complete(const FileFacts& want) {
  MIG_RETURN_IF_ERROR(ReadBack());
  const base::Digest got = hash_.Finish();
  if (got != want.digest) {
    return trust::Refuse(
        v1::Refusal::HASH,
        absl::StrCat(file_->path(), ": the contents have SHA-256 ", got.ToHex(), ", ",
                     want.digest.ToHex(),
                     " was signed; they come from another source, or were changed on the way"));
  }
  MIG_RETURN_IF_ERROR(file_->SetOwner(want.uid, want.gid));
  MIG_RETURN_IF_ERROR(file_->SetMode(want.mode));
  MIG_RETURN_IF_ERROR(SetAttributes(*file_, want.attributes));
  MIG_ASSIGN_OR_RETURN(const bool has_attributes, HasAttributes(*file_, want.attributes));
  if (!has_attributes) {
    return absl::DataLossError(
        absl::StrCat(file_->path(),
                     " does not keep the attributes that it was given: another program changes "
                     "them, or the dictionary's are not as the kernel writes them"));
  }
  MIG_RETURN_IF_ERROR(file_->Sync());
  MIG_ASSIGN_OR_RETURN(const base::FileStat stat, file_->Stat());
  const bool is_right = stat.size_bytes == want.size_bytes && stat.mode == want.mode &&
                        stat.uid == want.uid && stat.gid == want.gid && stat.links == 1;
  if (!is_right) {
    return absl::DataLossError(absl::StrCat(
        file_->path(), " was changed while it was being written; who else has it open?"));
  }
  return stat;
}

absl::Status PartialFile::Drop(const absl::Status& why) {
  Remove(*directory_, name_).IgnoreError();
  return why;
}

}  // namespace mig::loader
