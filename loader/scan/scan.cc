#include "loader/scan/scan.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/hash_file.h"
#include "base/sizes.h"
#include "base/status_macros.h"

namespace mig::loader {

namespace {

// Enough files to be worth another core's attention, few enough that all cores end together.
constexpr size_t kFilesPerTask = 64;

struct Seen {
  base::FileStat stat;
  enum class From { kNowhere, kCache, kContents } from = From::kNowhere;
};

// One target of ScanTargets, which a task fills.
struct Item {
  LocalFile* file = nullptr;
  base::Directory* directory = nullptr;
  Seen seen;
};

void CannotRead(LocalFile& file, const absl::Status& status) {
  const bool is_no_file = absl::IsFailedPrecondition(status);
  file.state = is_no_file ? LocalState::kNotAFile : LocalState::kUnreadable;
  file.why = std::string(status.message());
}

void Fill(LocalFile& file, const base::FileStat& stat, const base::Digest& digest) {
  file.state = LocalState::kPresent;
  file.size_bytes = stat.size_bytes;
  file.mode = stat.mode;
  file.uid = stat.uid;
  file.gid = stat.gid;
  file.digest = digest;
}

absl::Status Hash(Item& item) {
  LocalFile& file = *item.file;
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> open,
                       item.directory->OpenRead(file.target.file_name));
  MIG_ASSIGN_OR_RETURN(const base::FileDigest content,
                       base::HashFile(*open, file.target.max_bytes));
  MIG_ASSIGN_OR_RETURN(const base::FileStat after, open->Stat());
  Fill(file, after, content.digest);
  file.size_bytes = content.size_bytes;
  const bool was_still = after.size_bytes == content.size_bytes;
  item.seen = {.stat = after, .from = was_still ? Seen::From::kContents : Seen::From::kNowhere};
  return absl::OkStatus();
}

void Look(Item& item, const DigestCache& cache) {
  LocalFile& file = *item.file;
  const absl::StatusOr<base::FileStat> stat = item.directory->Stat(file.target.file_name);
  if (absl::IsNotFound(stat.status())) return;  // missing, as it began
  if (!stat.ok()) return CannotRead(file, stat.status());
  if (stat->kind != base::FileKind::kFile) {
    file.state = LocalState::kNotAFile;
    file.why = absl::StrCat(file.target.path(),
                            " is a link, a directory or a device, and not a file; move it away, or "
                            "name another path in the loader's dictionary");
    return;
  }
  if (stat->size_bytes > file.target.max_bytes) {
    file.state = LocalState::kUnreadable;
    file.why = absl::StrCat(file.target.path(), " has ", stat->size_bytes,
                            " bytes, the loader's dictionary takes at most ", file.target.max_bytes,
                            "; raise its max_bytes");
    return;
  }
  if (const base::Digest* digest = cache.Find(*stat)) {
    Fill(file, *stat, *digest);
    item.seen = {.stat = *stat, .from = Seen::From::kCache};
    return;
  }
  const absl::Status hashed = Hash(item);
  if (!hashed.ok()) CannotRead(file, hashed);
}

// Opens the directory of each run of files that share one, and leaves those without one behind.
std::vector<Item> ItemsOf(std::vector<LocalFile>& files, base::FileSystem& disk,
                          std::vector<std::unique_ptr<base::Directory>>& directories) {
  std::vector<LocalFile*> by_directory;
  for (LocalFile& file : files) by_directory.push_back(&file);
  std::stable_sort(by_directory.begin(), by_directory.end(),
                   [](const LocalFile* a, const LocalFile* b) {
                     return a->target.directory < b->target.directory;
                   });
  std::vector<Item> items;
  items.reserve(files.size());
  absl::StatusOr<std::unique_ptr<base::Directory>> opened = nullptr;
  const std::string* path = nullptr;
  for (LocalFile* file : by_directory) {
    if (path == nullptr || *path != file->target.directory) {
      path = &file->target.directory;
      opened = disk.OpenRoot(*path);
      if (opened.ok()) directories.push_back(*std::move(opened));
    }
    if (opened.ok()) {
      items.push_back({.file = file, .directory = directories.back().get()});
    } else if (!absl::IsNotFound(opened.status())) {
      CannotRead(*file, opened.status());
    }
  }
  return items;
}

// The members that a family has now.
absl::StatusOr<std::vector<Target>> MembersOf(const Family& family, base::FileSystem& disk) {
  const std::string& path = family.member.directory;
  std::vector<Target> members;
  const absl::StatusOr<std::unique_ptr<base::Directory>> directory = disk.OpenRoot(path);
  if (!directory.ok()) return members;  // nothing there; an install says what is wrong with it
  MIG_ASSIGN_OR_RETURN(const std::vector<base::DirectoryEntry> entries,
                       (*directory)->List(base::kMaxDirectoryEntries));
  for (const base::DirectoryEntry& entry : entries) {
    if (family.Has(entry.name)) members.push_back(family.Member(entry.name));
  }
  if (members.size() > family.max_count) {
    return absl::ResourceExhaustedError(
        absl::StrCat(path, " has ", members.size(), " files of family '", family.prefix,
                     "/*', the loader's dictionary takes at most ", family.max_count,
                     "; remove some, or raise its max_count"));
  }
  return members;
}

}  // namespace

std::vector<LocalFile> ScanTargets(std::vector<Target> targets, const ScanTools& tools) {
  std::vector<LocalFile> files(targets.size());
  for (size_t i = 0; i < targets.size(); ++i) files[i].target = std::move(targets[i]);
  std::vector<std::unique_ptr<base::Directory>> directories;
  std::vector<Item> items = ItemsOf(files, tools.disk, directories);

  const size_t tasks = (items.size() + kFilesPerTask - 1) / kFilesPerTask;
  tools.executor.ParallelFor(tasks, [&](size_t task) {
    const size_t end = std::min(items.size(), (task + 1) * kFilesPerTask);
    for (size_t i = task * kFilesPerTask; i < end; ++i) Look(items[i], tools.cache);
  });

  for (const Item& item : items) {
    if (item.seen.from == Seen::From::kCache) tools.cache.Keep(item.seen.stat);
    if (item.seen.from == Seen::From::kContents) {
      tools.cache.Add(item.seen.stat, item.file->digest, tools.now);
    }
  }
  return files;
}

absl::StatusOr<LocalManifest> Scan(const Dictionary& dictionary, const ScanTools& tools) {
  std::vector<Target> targets;
  for (const Product& product : dictionary.products()) {
    targets.insert(targets.end(), product.components.begin(), product.components.end());
    for (const Family& family : product.families) {
      MIG_ASSIGN_OR_RETURN(std::vector<Target> members, MembersOf(family, tools.disk));
      targets.insert(targets.end(), members.begin(), members.end());
    }
  }
  if (targets.size() > kMaxLocalFiles) {
    return absl::ResourceExhaustedError(
        absl::StrCat("there are ", targets.size(), " managed files, at most ", kMaxLocalFiles,
                     " are reported; lower the max_count of the families in ", dictionary.path()));
  }
  std::sort(targets.begin(), targets.end(), [](const Target& a, const Target& b) {
    return std::pair(a.product, a.name) < std::pair(b.product, b.name);
  });
  return LocalManifest{.files = ScanTargets(std::move(targets), tools)};
}

}  // namespace mig::loader
