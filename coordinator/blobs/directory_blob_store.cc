#include "coordinator/blobs/directory_blob_store.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/path.h"
#include "base/status_macros.h"
#include "coordinator/blobs/blob_directory.h"

namespace mig::coordinator {
namespace {

constexpr absl::string_view kLockName = "lock";

absl::StatusOr<std::unique_ptr<base::FileLock>> Lock(base::Directory& root) {
  absl::StatusOr<std::unique_ptr<base::FileLock>> lock = root.TryLock(kLockName);
  if (absl::IsUnavailable(lock.status())) {
    return absl::UnavailableError(
        absl::StrCat("contents in ", root.path(),
                     ": another process has them open; is a mig-coordinator running already?"));
  }
  return lock;
}

// Of one fan-out directory: contents into `index`, what interrupted uploads left out of the way.
absl::Status ReadFanOut(base::Directory& root, absl::string_view prefix, size_t max_entries,
                        BlobIndex& index) {
  MIG_ASSIGN_OR_RETURN(const auto directory, root.OpenDir(prefix));
  MIG_ASSIGN_OR_RETURN(const auto entries, directory->List(max_entries));
  for (const base::DirectoryEntry& entry : entries) {
    if (IsUnfinishedName(entry.name)) {
      MIG_RETURN_IF_ERROR(directory->Unlink(entry.name));
      continue;
    }
    const std::optional<base::Digest> digest = DigestOfName(prefix, entry.name);
    if (!digest.has_value() || entry.kind != base::FileKind::kFile) continue;  // Scrub names it
    MIG_ASSIGN_OR_RETURN(const base::FileStat stat, directory->Stat(entry.name));
    MIG_RETURN_IF_ERROR(index.AddFound(*digest, stat.size_bytes));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<BlobStore>> OpenDirectoryBlobStore(
    base::FileSystem& disk, absl::string_view path, const DirectoryBlobOptions& options) {
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<base::Directory> root, disk.OpenRoot(path));
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<base::FileLock> lock, Lock(*root));
  auto store = std::make_unique<BlobDirectory>(std::move(root), std::move(lock), options);
  MIG_RETURN_IF_ERROR(store->ReadNames());
  return store;
}

absl::Status BlobDirectory::ReadNames() {
  // Unfinished uploads and strays are few; the bound is for a directory that is not ours at all.
  const size_t max_entries = options_.max_blobs + 10'000;
  MIG_ASSIGN_OR_RETURN(const auto entries, root_->List(max_entries));
  for (const base::DirectoryEntry& entry : entries) {
    if (entry.kind != base::FileKind::kDirectory || !IsFanOutName(entry.name)) continue;
    MIG_RETURN_IF_ERROR(ReadFanOut(*root_, entry.name, max_entries, index_));
  }
  return absl::OkStatus();
}

}  // namespace mig::coordinator
