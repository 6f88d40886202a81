#include "loader/scan/scan.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/file.h"
#include "base/hash_file.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "loader/scan/file_attributes.h"

namespace mig::loader {

namespace {

// What a core takes at a time: few enough that all cores end together.
constexpr size_t kFilesPerPiece = 64;

void CannotRead(LocalFile& file, const absl::Status& status) {
  const bool is_no_file = absl::IsFailedPrecondition(status);
  file.state = is_no_file ? LocalState::kNotAFile : LocalState::kUnreadable;
  file.why = std::string(status.message());
  if (absl::IsPermissionDenied(status)) file.why += "; run the loader as root";
}

void Fill(LocalFile& file, const base::FileStat& stat, const base::Digest& digest) {
  file.state = LocalState::kPresent;
  file.size_bytes = stat.size_bytes;
  file.mode = stat.mode;
  file.uid = stat.uid;
  file.gid = stat.gid;
  file.digest = digest;
}

// What one core does: piece by piece, with the directory of the last file open.
class Looker {
 public:
  explicit Looker(const ScanTools& tools) : tools_(tools) {}

  void Look(LocalFile& file) {
    Forget(file);
    if (directory_path_ != file.target.directory) Open(file.target.directory);
    if (directory_ != nullptr) {
      LookInDirectory(file);
    } else if (!absl::IsNotFound(opened_)) {
      CannotRead(file, opened_);
    }
  }

  std::vector<HashedFile> hashed() && { return std::move(hashed_); }

 private:
  static void Forget(LocalFile& file) {
    file.state = LocalState::kMissing;
    file.size_bytes = 0;
    file.mode = file.uid = file.gid = 0;
    file.digest = base::Digest();
    file.attributes.clear();
    file.why.clear();
  }

  void Open(absl::string_view path) {
    absl::StatusOr<std::unique_ptr<base::Directory>> opened = tools_.disk.OpenRoot(path);
    opened_ = opened.status();
    directory_ = opened.ok() ? *std::move(opened) : nullptr;
    directory_path_ = path;
  }

  void LookInDirectory(LocalFile& file) {
    const absl::StatusOr<base::FileStat> stat = directory_->Stat(file.target.file_name);
    if (absl::IsNotFound(stat.status())) return;  // missing
    if (!stat.ok()) return CannotRead(file, stat.status());
    if (stat->kind != base::FileKind::kFile) {
      file.state = LocalState::kNotAFile;
      file.why = absl::StrCat(file.target.path(),
                              " is a link, a directory or a device, and not a file; move it away, "
                              "or name another path in the loader's dictionary");
      return;
    }
    if (stat->size_bytes > file.target.max_bytes) {
      file.state = LocalState::kUnreadable;
      file.why = absl::StrCat(file.target.path(), " has ", stat->size_bytes,
                              " bytes, the loader's dictionary takes at most ",
                              file.target.max_bytes, "; raise its max_bytes");
      return;
    }
    absl::Status done;
    if (const base::Digest* digest = tools_.cache.Find(*stat, cursor_)) {
      Fill(file, *stat, *digest);
    } else {
      done = Hash(file);
    }
    if (done.ok() && !file.target.attributes.empty()) done = LookAtAttributes(file);
    if (done.ok()) return;
    Forget(file);
    CannotRead(file, done);
  }

  // No cache holds them.
  absl::Status LookAtAttributes(LocalFile& file) {
    MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> open,
                         directory_->OpenRead(file.target.file_name));
    MIG_ASSIGN_OR_RETURN(file.attributes, ReadAttributes(*open, file.target.attributes));
    return absl::OkStatus();
  }

  absl::Status Hash(LocalFile& file) {
    MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> open,
                         directory_->OpenRead(file.target.file_name));
    MIG_ASSIGN_OR_RETURN(const base::FileDigest content,
                         base::HashFile(*open, file.target.max_bytes));
    MIG_ASSIGN_OR_RETURN(const base::FileStat after, open->Stat());
    Fill(file, after, content.digest);
    file.size_bytes = content.size_bytes;
    const bool was_still = after.size_bytes == content.size_bytes;
    if (was_still) hashed_.push_back({.stat = after, .digest = content.digest});
    return absl::OkStatus();
  }

  const ScanTools& tools_;
  absl::string_view directory_path_;  // of the last file's target; empty: none yet
  std::unique_ptr<base::Directory> directory_;
  absl::Status opened_;  // why there is no directory_
  DigestCache::Cursor cursor_;
  std::vector<HashedFile> hashed_;
};

// Directory by directory, so that each is opened once by each core that comes there.
std::vector<LocalFile*> ByDirectory(absl::Span<LocalFile> files) {
  std::vector<LocalFile*> order(files.size());
  for (size_t i = 0; i < files.size(); ++i) order[i] = &files[i];
  const auto is_before = [](const LocalFile* a, const LocalFile* b) {
    return a->target.directory < b->target.directory;
  };
  if (!std::is_sorted(order.begin(), order.end(), is_before)) {
    std::stable_sort(order.begin(), order.end(), is_before);
  }
  return order;
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

void LookAt(absl::Span<LocalFile> files, const ScanTools& tools) {
  const std::vector<LocalFile*> order = ByDirectory(files);
  const size_t pieces = (order.size() + kFilesPerPiece - 1) / kFilesPerPiece;
  std::vector<std::vector<HashedFile>> hashed(std::min(pieces, tools.executor.width()));
  std::atomic<size_t> next = 0;
  tools.executor.ParallelFor(hashed.size(), [&](size_t core) {
    Looker looker(tools);
    for (size_t piece = next.fetch_add(1); piece < pieces; piece = next.fetch_add(1)) {
      const size_t end = std::min(order.size(), (piece + 1) * kFilesPerPiece);
      for (size_t i = piece * kFilesPerPiece; i < end; ++i) looker.Look(*order[i]);
    }
    hashed[core] = std::move(looker).hashed();
  });
  for (const std::vector<HashedFile>& of_core : hashed) tools.cache.Add(of_core, tools.now);
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
  LocalManifest manifest;
  manifest.files.resize(targets.size());
  for (size_t i = 0; i < targets.size(); ++i) manifest.files[i].target = std::move(targets[i]);
  LookAt(absl::MakeSpan(manifest.files), tools);
  return manifest;
}

}  // namespace mig::loader
