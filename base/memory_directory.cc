#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/memory_handles.h"
#include "base/path.h"
#include "base/status_macros.h"
#include "base/text.h"

namespace mig::base::internal {

namespace {

class MemoryLock : public FileLock {
 public:
  explicit MemoryLock(InodePtr inode) : inode_(std::move(inode)) { inode_->is_locked = true; }
  ~MemoryLock() override { inode_->is_locked = false; }

 private:
  const InodePtr inode_;
};

absl::string_view Words(FileKind kind) {
  switch (kind) {
    case FileKind::kFile:
      return "a file";
    case FileKind::kDirectory:
      return "a directory";
    case FileKind::kSymlink:
      return "a symbolic link, which is not followed here";
    case FileKind::kOther:
      break;
  }
  return "a device, pipe or socket";
}

absl::Status WrongKind(absl::string_view path, const Inode& inode, absl::string_view needed) {
  return absl::FailedPreconditionError(
      absl::StrCat(Escaped(path, 4096), " is ", Words(inode.kind), "; needed is ", needed));
}

absl::Status Refused(absl::StatusCode code, absl::string_view verb, absl::string_view path,
                     absl::string_view why) {
  return absl::Status(code, absl::StrCat("cannot ", verb, " ", Escaped(path, 4096), ": ", why));
}

MemoryDirectory& SameDisk(Directory& directory) {
  auto* const memory = dynamic_cast<MemoryDirectory*>(&directory);
  MIG_CHECK(memory != nullptr) << directory.path() << " is of another file system";
  return *memory;
}

}  // namespace

FileStat StatOf(const Inode& inode) {
  return FileStat{
      .kind = inode.kind,
      .size_bytes = inode.contents.size_bytes(),
      .mode = inode.metadata.mode,
      .uid = inode.metadata.uid,
      .gid = inode.metadata.gid,
      .modified = inode.metadata.modified,
      .changed = inode.metadata.changed,
      .device = 1,
      .inode = inode.number,
      .links = inode.links,
  };
}

absl::Status MemoryDirectory::Begin(absl::string_view verb, absl::string_view name) {
  MIG_RETURN_IF_ERROR(CheckName(name));
  return disk_->Begin(verb, path_, name);
}

absl::StatusOr<InodePtr> MemoryDirectory::Find(absl::string_view verb,
                                               absl::string_view name) const {
  const auto entry = inode_->entries.find(name);
  if (entry != inode_->entries.end()) return entry->second;
  return Refused(absl::StatusCode::kNotFound, verb, JoinPath(path_, name),
                 "No such file or directory");
}

absl::Status MemoryDirectory::CheckNoEntry(absl::string_view verb, absl::string_view name) const {
  if (inode_->links == 0) {
    return Refused(absl::StatusCode::kNotFound, verb, JoinPath(path_, name),
                   "the directory was removed");
  }
  if (!inode_->entries.contains(name)) return absl::OkStatus();
  return Refused(absl::StatusCode::kAlreadyExists, verb, JoinPath(path_, name), "File exists");
}

absl::StatusOr<std::unique_ptr<Directory>> MemoryDirectory::OpenDir(absl::string_view name) {
  MIG_RETURN_IF_ERROR(Begin("open", name));
  MIG_ASSIGN_OR_RETURN(InodePtr inode, Find("open", name));
  std::string path = JoinPath(path_, name);
  if (inode->kind != FileKind::kDirectory) return WrongKind(path, *inode, "a directory");
  return std::make_unique<MemoryDirectory>(disk_, std::move(inode), std::move(path));
}

absl::Status MemoryDirectory::MakeDir(absl::string_view name, uint32_t mode) {
  MIG_CHECK(mode <= 07777) << mode;
  MIG_RETURN_IF_ERROR(Begin("make directory", name));
  MIG_RETURN_IF_ERROR(CheckNoEntry("make directory", name));
  InodePtr made = disk_->NewInode(FileKind::kDirectory, mode, inode_->mount);
  disk_->Change(*inode_, {.names = {{std::string(name), std::move(made)}}});
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<File>> MemoryDirectory::Open(absl::string_view name, Access access) {
  MIG_RETURN_IF_ERROR(Begin("open", name));
  MIG_ASSIGN_OR_RETURN(InodePtr inode, Find("open", name));
  std::string path = JoinPath(path_, name);
  if (inode->kind != FileKind::kFile) return WrongKind(path, *inode, "a file");
  return std::make_unique<MemoryFile>(disk_, std::move(inode), std::move(path), access);
}

absl::StatusOr<std::unique_ptr<File>> MemoryDirectory::OpenRead(absl::string_view name) {
  return Open(name, Access::kRead);
}

absl::StatusOr<std::unique_ptr<File>> MemoryDirectory::OpenReadWrite(absl::string_view name) {
  return Open(name, Access::kReadWrite);
}

absl::StatusOr<std::unique_ptr<File>> MemoryDirectory::CreateExclusive(absl::string_view name,
                                                                       uint32_t mode) {
  MIG_CHECK(mode <= 07777) << mode;
  MIG_RETURN_IF_ERROR(Begin("create", name));
  MIG_RETURN_IF_ERROR(CheckNoEntry("create", name));
  InodePtr made = disk_->NewInode(FileKind::kFile, mode, inode_->mount);
  disk_->Change(*inode_, {.names = {{std::string(name), made}}});
  return std::make_unique<MemoryFile>(disk_, std::move(made), JoinPath(path_, name),
                                      Access::kReadWrite);
}

absl::Status MemoryDirectory::CheckReplaceable(absl::string_view name, const Inode& moved) const {
  if (inode_->links == 0) {
    return Refused(absl::StatusCode::kNotFound, "rename to", JoinPath(path_, name),
                   "the directory was removed");
  }
  const auto entry = inode_->entries.find(name);
  if (entry == inode_->entries.end()) return absl::OkStatus();
  const Inode& replaced = *entry->second;
  const bool is_directory = replaced.kind == FileKind::kDirectory;
  if (is_directory != (moved.kind == FileKind::kDirectory)) {
    return WrongKind(JoinPath(path_, name), replaced, is_directory ? "a file" : "a directory");
  }
  if (is_directory && !replaced.entries.empty()) {
    return Refused(absl::StatusCode::kFailedPrecondition, "rename to", JoinPath(path_, name),
                   "Directory not empty");
  }
  return absl::OkStatus();
}

absl::Status MemoryDirectory::Rename(absl::string_view name, Directory& to_directory,
                                     absl::string_view new_name) {
  MemoryDirectory& to = SameDisk(to_directory);
  MIG_RETURN_IF_ERROR(CheckName(new_name));
  MIG_RETURN_IF_ERROR(Begin("rename", name));
  MIG_ASSIGN_OR_RETURN(const InodePtr moved, Find("rename", name));
  if (inode_->mount != to.inode_->mount) {
    return Refused(absl::StatusCode::kFailedPrecondition, "rename", JoinPath(path_, name),
                   absl::StrCat(to.path_, " is on another file system"));
  }
  const bool is_same_directory = inode_ == to.inode_;
  if (moved->kind == FileKind::kDirectory && !is_same_directory) {
    return Refused(absl::StatusCode::kFailedPrecondition, "rename", JoinPath(path_, name),
                   "a directory stays in its parent here");
  }
  MIG_RETURN_IF_ERROR(to.CheckReplaceable(new_name, *moved));
  const auto replaced = to.inode_->entries.find(new_name);
  if (replaced != to.inode_->entries.end() && replaced->second == moved) {
    return absl::OkStatus();  // two names of one file: rename(2) does nothing
  }
  if (is_same_directory) {
    disk_->Change(*inode_,
                  {.names = {{std::string(new_name), moved}, {std::string(name), nullptr}}});
  } else {
    disk_->Change(*to.inode_, {.names = {{std::string(new_name), moved}}});
    disk_->Change(*inode_, {.names = {{std::string(name), nullptr}}});
  }
  return absl::OkStatus();
}

absl::Status MemoryDirectory::Link(absl::string_view name, Directory& to_directory,
                                   absl::string_view new_name) {
  MemoryDirectory& to = SameDisk(to_directory);
  MIG_RETURN_IF_ERROR(CheckName(new_name));
  MIG_RETURN_IF_ERROR(Begin("link", name));
  MIG_ASSIGN_OR_RETURN(InodePtr inode, Find("link", name));
  if (inode->kind == FileKind::kDirectory) {
    return Refused(absl::StatusCode::kPermissionDenied, "link", JoinPath(path_, name),
                   "a directory has one name");
  }
  if (inode_->mount != to.inode_->mount) {
    return Refused(absl::StatusCode::kFailedPrecondition, "link", JoinPath(path_, name),
                   absl::StrCat(to.path_, " is on another file system"));
  }
  MIG_RETURN_IF_ERROR(to.CheckNoEntry("link to", new_name));
  disk_->Change(*to.inode_, {.names = {{std::string(new_name), std::move(inode)}}});
  return absl::OkStatus();
}

absl::Status MemoryDirectory::Unlink(absl::string_view name) {
  MIG_RETURN_IF_ERROR(Begin("unlink", name));
  MIG_ASSIGN_OR_RETURN(const InodePtr inode, Find("unlink", name));
  if (inode->kind == FileKind::kDirectory) {
    return WrongKind(JoinPath(path_, name), *inode, "a file");
  }
  disk_->Change(*inode_, {.names = {{std::string(name), nullptr}}});
  return absl::OkStatus();
}

absl::Status MemoryDirectory::RemoveDir(absl::string_view name) {
  MIG_RETURN_IF_ERROR(Begin("remove directory", name));
  MIG_ASSIGN_OR_RETURN(const InodePtr inode, Find("remove directory", name));
  if (inode->kind != FileKind::kDirectory) {
    return WrongKind(JoinPath(path_, name), *inode, "a directory");
  }
  if (!inode->entries.empty()) {
    return Refused(absl::StatusCode::kFailedPrecondition, "remove directory", JoinPath(path_, name),
                   "Directory not empty");
  }
  disk_->Change(*inode_, {.names = {{std::string(name), nullptr}}});
  return absl::OkStatus();
}

absl::StatusOr<FileStat> MemoryDirectory::Stat(absl::string_view name) {
  MIG_RETURN_IF_ERROR(Begin("stat", name));
  MIG_ASSIGN_OR_RETURN(const InodePtr inode, Find("stat", name));
  return StatOf(*inode);
}

absl::StatusOr<FileStat> MemoryDirectory::StatSelf() {
  MIG_RETURN_IF_ERROR(disk_->Begin("stat", path_));
  return StatOf(*inode_);
}

absl::StatusOr<std::vector<DirectoryEntry>> MemoryDirectory::List(size_t max_entries) {
  MIG_RETURN_IF_ERROR(disk_->Begin("list", path_));
  if (inode_->entries.size() > max_entries) {
    return absl::ResourceExhaustedError(
        absl::StrCat(path_, " has more than the ", max_entries, " entries that are read here"));
  }
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, inode] : inode_->entries) {
    entries.push_back({.name = name, .kind = inode->kind});
  }
  return entries;
}

absl::Status MemoryDirectory::Sync() {
  MIG_RETURN_IF_ERROR(disk_->Begin("fsync", path_));
  for (const EntryChange& change : inode_->pending) Apply(change, inode_->durable_entries);
  inode_->pending.clear();
  inode_->durable_metadata = inode_->metadata;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<FileLock>> MemoryDirectory::TryLock(absl::string_view name) {
  MIG_RETURN_IF_ERROR(Begin("lock", name));
  if (!inode_->entries.contains(name)) {
    MIG_RETURN_IF_ERROR(CheckNoEntry("lock", name));
    disk_->Change(
        *inode_,
        {.names = {{std::string(name), disk_->NewInode(FileKind::kFile, 0600, inode_->mount)}}});
  }
  MIG_ASSIGN_OR_RETURN(InodePtr inode, Find("lock", name));
  if (inode->kind != FileKind::kFile) return WrongKind(JoinPath(path_, name), *inode, "a file");
  if (inode->is_locked) {
    return absl::UnavailableError(absl::StrCat(
        "another process holds the lock ", JoinPath(path_, name), "; try again when it has ended"));
  }
  return std::make_unique<MemoryLock>(std::move(inode));
}

absl::StatusOr<uint64_t> MemoryDirectory::FreeSpace() {
  MIG_RETURN_IF_ERROR(disk_->Begin("statvfs", path_));
  return disk_->free_bytes();
}

absl::StatusOr<DirectoryIdentity> MemoryDirectory::Identity() {
  MIG_RETURN_IF_ERROR(disk_->Begin("statx", path_));
  return DirectoryIdentity{.device = 1, .inode = inode_->number, .mount = inode_->mount};
}

}  // namespace mig::base::internal
