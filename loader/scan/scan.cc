#include "loader/scan/scan.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/file.h"
#include "base/hash_file.h"
#include "base/sizes.h"
#include "base/status_macros.h"

namespace mig::loader {

namespace {

// Enough files to be worth another core's attention, few enough that all cores end together.
constexpr size_t kFilesPerTask = 64;

// So many directories are open at once: a process may have 1,024 descriptors.
constexpr size_t kMaxOpenDirectories = 256;

// One target, and where it lies.
struct Item {
  LocalFile* file = nullptr;
  base::Directory* directory = nullptr;
};

// A file whose contents were read, and what it was after that.
struct Hashed {
  base::FileStat stat;
  base::Digest digest;
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

absl::Status Hash(const Item& item, std::vector<Hashed>& hashed) {
  LocalFile& file = *item.file;
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> open,
                       item.directory->OpenRead(file.target.file_name));
  MIG_ASSIGN_OR_RETURN(const base::FileDigest content,
                       base::HashFile(*open, file.target.max_bytes));
  MIG_ASSIGN_OR_RETURN(const base::FileStat after, open->Stat());
  Fill(file, after, content.digest);
  file.size_bytes = content.size_bytes;
  const bool was_still = after.size_bytes == content.size_bytes;
  if (was_still) hashed.push_back({.stat = after, .digest = content.digest});
  return absl::OkStatus();
}

void Look(const Item& item, const DigestCache& cache, std::vector<Hashed>& hashed) {
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
  if (const base::Digest* digest = cache.Find(*stat)) return Fill(file, *stat, *digest);
  const absl::Status done = Hash(item, hashed);
  if (!done.ok()) CannotRead(file, done);
}

// Files whose directories are open, to be looked at together.
class Batch {
 public:
  explicit Batch(const ScanTools& tools) : tools_(tools) {}

  // Opens the file's directory, unless it is open.
  void Add(LocalFile& file) {
    const absl::string_view path = file.target.directory;
    if (directories_.size() == kMaxOpenDirectories && !directories_.contains(path)) Run();
    const auto [place, is_new] = directories_.try_emplace(path);
    OpenedDirectory& opened = place->second;
    if (is_new) opened = Open(path);
    if (opened.directory != nullptr) {
      items_.push_back({.file = &file, .directory = opened.directory.get()});
    } else if (!absl::IsNotFound(opened.status)) {
      CannotRead(file, opened.status);
    }
  }

  // Looks at what was added, and closes the directories.
  void Run() {
    const size_t tasks = (items_.size() + kFilesPerTask - 1) / kFilesPerTask;
    std::vector<std::vector<Hashed>> hashed(tasks);
    tools_.executor.ParallelFor(tasks, [&](size_t task) {
      const size_t end = std::min(items_.size(), (task + 1) * kFilesPerTask);
      for (size_t i = task * kFilesPerTask; i < end; ++i) {
        Look(items_[i], tools_.cache, hashed[task]);
      }
    });
    for (const std::vector<Hashed>& of_task : hashed) {
      for (const Hashed& file : of_task) tools_.cache.Add(file.stat, file.digest, tools_.now);
    }
    items_.clear();
    directories_.clear();
  }

 private:
  struct OpenedDirectory {
    absl::Status status;
    std::unique_ptr<base::Directory> directory;  // nullptr: `status` says why
  };

  OpenedDirectory Open(absl::string_view path) {
    absl::StatusOr<std::unique_ptr<base::Directory>> directory = tools_.disk.OpenRoot(path);
    if (!directory.ok()) return {.status = directory.status(), .directory = nullptr};
    return {.status = absl::OkStatus(), .directory = *std::move(directory)};
  }

  const ScanTools& tools_;
  std::vector<Item> items_;
  absl::flat_hash_map<absl::string_view, OpenedDirectory> directories_;
};

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
  Batch batch(tools);
  for (size_t i = 0; i < targets.size(); ++i) {
    files[i].target = std::move(targets[i]);
    batch.Add(files[i]);
  }
  batch.Run();
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
