#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/memory_handles.h"
#include "base/status_macros.h"

namespace mig::base::internal {

namespace {

absl::Status TooLong(absl::string_view path, uint64_t max_bytes) {
  return absl::ResourceExhaustedError(
      absl::StrCat(path, " has more than the ", max_bytes, " bytes that are read here"));
}

}  // namespace

MemoryFile::MemoryFile(std::shared_ptr<MemoryDisk> disk, InodePtr inode, std::string path,
                       Access access)
    : disk_(std::move(disk)), inode_(std::move(inode)), path_(std::move(path)), access_(access) {
  ++inode_->handles;
}

MemoryFile::~MemoryFile() {
  --inode_->handles;
  disk_->ReleaseIfUnused(*inode_);
}

absl::Status MemoryFile::BeginWrite(absl::string_view verb) {
  MIG_RETURN_IF_ERROR(disk_->Begin(verb, path_));
  if (access_ == Access::kReadWrite) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("cannot ", verb, " ", path_, ": it was opened for reading only"));
}

absl::StatusOr<size_t> MemoryFile::ReadAt(uint64_t offset, std::span<char> into) {
  MIG_RETURN_IF_ERROR(disk_->Begin("read", path_));
  return inode_->contents.Read(offset, into);
}

absl::StatusOr<uint64_t> MemoryFile::ReadThrough(uint64_t max_bytes,
                                                 absl::FunctionRef<void(absl::string_view)> take) {
  MIG_RETURN_IF_ERROR(disk_->Begin("read", path_));
  uint64_t left = max_bytes;
  inode_->contents.ForEachPiece([&](absl::string_view piece) {
    piece = piece.substr(0, static_cast<size_t>(std::min<uint64_t>(left, piece.size())));
    left -= piece.size();
    if (!piece.empty()) take(piece);
  });
  if (inode_->contents.size_bytes() > max_bytes) return TooLong(path_, max_bytes);
  return inode_->contents.size_bytes();
}

absl::Status MemoryFile::WriteAt(uint64_t offset, absl::string_view bytes) {
  const absl::Status begun = BeginWrite("write");
  if (absl::IsAborted(begun) || access_ != Access::kReadWrite) return begun;
  if (!begun.ok()) bytes = bytes.substr(0, bytes.size() / 2);
  if (bytes.empty()) return begun;
  const uint64_t before = inode_->contents.size_bytes();
  const uint64_t end = offset + bytes.size();
  if (end > before) MIG_RETURN_IF_ERROR(disk_->Resize(*inode_, end, path_));
  inode_->contents.Write(offset, bytes);
  NoteWrite(*inode_, std::min(offset, before), end);
  disk_->NoteNewest(*inode_);
  inode_->metadata.modified = inode_->metadata.changed = disk_->Now();
  return begun;
}

absl::Status MemoryFile::Truncate(uint64_t size_bytes) {
  MIG_RETURN_IF_ERROR(BeginWrite("resize"));
  MIG_RETURN_IF_ERROR(disk_->Resize(*inode_, size_bytes, path_));
  NoteWrite(*inode_, size_bytes, size_bytes);
  disk_->NoteNewest(*inode_);
  inode_->metadata.modified = inode_->metadata.changed = disk_->Now();
  return absl::OkStatus();
}

absl::Status MemoryFile::CopyFrom(File& source, uint64_t max_bytes) {
  auto* const from = dynamic_cast<MemoryFile*>(&source);
  MIG_CHECK(from != nullptr) << source.path() << " is of another file system";
  MIG_RETURN_IF_ERROR(BeginWrite("copy to"));
  const FileContents& contents = from->inode_->contents;
  if (contents.size_bytes() > max_bytes) return TooLong(from->path_, max_bytes);
  MIG_RETURN_IF_ERROR(disk_->Resize(*inode_, contents.size_bytes(), path_));
  inode_->contents = contents;
  NoteWrite(*inode_, 0, contents.size_bytes());
  disk_->NoteNewest(*inode_);
  inode_->metadata.modified = inode_->metadata.changed = disk_->Now();
  return absl::OkStatus();
}

absl::Status MemoryFile::BeginSync(absl::string_view verb) {
  const absl::Status begun = disk_->Begin(verb, path_);
  if (begun.ok() || absl::IsAborted(begun) || !inode_->dirty.has_value()) return begun;
  inode_->dirty.reset();  // the pages count as clean now, and never reach the disk
  inode_->has_lost_pages = true;
  return begun;
}

void MemoryFile::SyncContents() {
  if (!inode_->dirty.has_value()) return;
  if (!inode_->has_lost_pages) {
    inode_->contents.Intern(disk_->pool());
    inode_->durable_contents = inode_->contents;
  } else {
    inode_->durable_contents = ContentsWhenSynced(*inode_);
  }
  inode_->dirty.reset();
}

absl::Status MemoryFile::Sync() {
  MIG_RETURN_IF_ERROR(BeginSync("fsync"));
  SyncContents();
  inode_->durable_metadata = inode_->metadata;
  inode_->is_metadata_dirty = false;
  return absl::OkStatus();
}

absl::Status MemoryFile::SyncData() {
  MIG_RETURN_IF_ERROR(BeginSync("fdatasync"));
  SyncContents();
  return absl::OkStatus();
}

absl::StatusOr<FileStat> MemoryFile::Stat() {
  MIG_RETURN_IF_ERROR(disk_->Begin("stat", path_));
  return StatOf(*inode_);
}

void MemoryFile::NoteMetadata() {
  inode_->is_metadata_dirty = true;
  disk_->NoteNewest(*inode_);
  inode_->metadata.changed = disk_->Now();
}

absl::Status MemoryFile::SetMode(uint32_t mode) {
  MIG_CHECK(mode <= 07777) << mode;
  MIG_RETURN_IF_ERROR(disk_->Begin("chmod", path_));
  inode_->metadata.mode = mode;
  NoteMetadata();
  return absl::OkStatus();
}

absl::Status MemoryFile::SetOwner(uint32_t uid, uint32_t gid) {
  MIG_RETURN_IF_ERROR(disk_->Begin("chown", path_));
  inode_->metadata.uid = uid;
  inode_->metadata.gid = gid;
  inode_->metadata.mode &= ~uint32_t{06000};  // as chown(2) does with a program's setuid, setgid
  NoteMetadata();
  return absl::OkStatus();
}

absl::Status MemoryFile::SetAttribute(absl::string_view name, absl::string_view value) {
  MIG_RETURN_IF_ERROR(disk_->Begin("set an attribute of", path_));
  inode_->metadata.attributes[std::string(name)] = std::string(value);
  NoteMetadata();
  return absl::OkStatus();
}

absl::StatusOr<std::string> MemoryFile::GetAttribute(absl::string_view name) {
  MIG_RETURN_IF_ERROR(disk_->Begin("get an attribute of", path_));
  const auto attribute = inode_->metadata.attributes.find(name);
  if (attribute == inode_->metadata.attributes.end()) {
    return absl::NotFoundError(absl::StrCat(path_, " has no attribute '", name, "'"));
  }
  return attribute->second;
}

}  // namespace mig::base::internal
