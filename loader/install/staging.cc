#include "loader/install/staging.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/file.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "loader/install/component_error.h"
#include "loader/scan/file_attributes.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

constexpr size_t kMaxChanges = base::kMaxJournalFiles;
constexpr uint64_t kBlockBytes = 4 * base::kKiB;
// Journal, lists of sets, and directories that grow.
constexpr uint64_t kStateBytes = 64 * base::kKiB;

uint64_t OnDisk(uint64_t size_bytes) {
  return (size_bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes + kBlockBytes;
}

absl::Status CheckKind(base::Directory& directory, const Target& target) {
  const absl::StatusOr<base::FileStat> stat = directory.Stat(target.file_name);
  if (absl::IsNotFound(stat.status())) return absl::OkStatus();
  MIG_RETURN_IF_ERROR(stat.status());
  if (stat->kind == base::FileKind::kFile) return absl::OkStatus();
  return trust::Refuse(v1::Refusal::UNSAFE_PATH,
                       absl::StrCat(target.path(),
                                    " is a link, a directory or a device, and not a file; move it "
                                    "away, or name another path in the loader's dictionary"));
}

// What the file has of what the dictionary names or what is taken over.
absl::StatusOr<Attributes> OldAttributes(base::Directory& directory, const Target& target) {
  Attributes named = target.attributes;
  for (const absl::string_view name : kTakenOver) named.emplace(name, "");
  const absl::StatusOr<std::unique_ptr<base::File>> file = directory.OpenRead(target.file_name);
  if (absl::IsNotFound(file.status())) return Attributes();
  MIG_RETURN_IF_ERROR(file.status());
  MIG_ASSIGN_OR_RETURN(Attributes attributes, ReadAttributes(**file, named));
  std::erase_if(attributes, [](const auto& attribute) { return attribute.second.empty(); });
  return attributes;
}

// How much will be written where; two directories of one file system count together.
class SpaceNeeds {
 public:
  absl::Status Add(base::Directory& directory, uint64_t bytes) {
    MIG_ASSIGN_OR_RETURN(const base::DirectoryIdentity identity, directory.Identity());
    Need& need = needs_[identity.device];
    need.directory = &directory;
    need.bytes += bytes;
    return absl::OkStatus();
  }

  absl::Status Check() const {
    for (const auto& [device, need] : needs_) {
      MIG_ASSIGN_OR_RETURN(const uint64_t free_bytes, need.directory->FreeSpace());
      if (free_bytes >= need.bytes) continue;
      return trust::Refuse(
          v1::Refusal::DISK_FULL,
          absl::StrCat("the disk of ", need.directory->path(), " has ", free_bytes,
                       " bytes left, this install takes ", need.bytes, "; make room there"));
    }
    return absl::OkStatus();
  }

 private:
  struct Need {
    base::Directory* directory = nullptr;
    uint64_t bytes = 0;
  };
  std::map<uint64_t, Need> needs_;  // by device
};

}  // namespace

absl::StatusOr<Staging> Staging::Begin(const Place& place, absl::string_view product,
                                       std::vector<FileChange> changes) {
  MIG_CHECK(!changes.empty()) << product;
  if (changes.size() > kMaxChanges) {
    return trust::Refuse(v1::Refusal::BOUND,
                         absl::StrCat("product '", product, "': ", changes.size(),
                                      " files change, at most ", kMaxChanges, " may at once"));
  }
  std::sort(changes.begin(), changes.end(),
            [](const FileChange& a, const FileChange& b) { return a.target.name < b.target.name; });
  MIG_ASSIGN_OR_RETURN(KeptSets kept, KeptSets::Open(place, product));
  Staging staging(place, std::string(product), std::move(changes), std::move(kept));
  for (const FileChange& change : staging.changes_) {
    const Target& target = change.target;
    std::unique_ptr<base::Directory>& directory = staging.directories_[target.directory];
    if (directory == nullptr) {
      absl::StatusOr<std::unique_ptr<base::Directory>> opened =
          OpenTargetDirectory(place, target.directory);
      if (!opened.ok()) return AtComponent(target.name, opened.status());
      directory = *std::move(opened);
    }
    MIG_RETURN_IF_ERROR(AtComponent(target.name, CheckKind(*directory, target)));
    staging.items_.emplace_back().directory = directory.get();
  }
  MIG_RETURN_IF_ERROR(staging.TakeOverAttributes());
  MIG_RETURN_IF_ERROR(staging.CheckSpace());
  return staging;
}

// A label or a capability that somebody gave to the file that is replaced belongs to its path, and
// not to its contents: the new file has it too, unless the dictionary says otherwise.
absl::Status Staging::TakeOverAttributes() {
  for (size_t i = 0; i < changes_.size(); ++i) {
    const Target& target = changes_[i].target;
    absl::StatusOr<Attributes> old = OldAttributes(*items_[i].directory, target);
    if (!old.ok()) return AtComponent(target.name, old.status());
    items_[i].old_attributes = *std::move(old);
    if (!changes_[i].after) continue;
    for (const absl::string_view name : kTakenOver) {
      const auto found = items_[i].old_attributes.find(name);
      if (found != items_[i].old_attributes.end()) changes_[i].after->attributes.insert(*found);
    }
  }
  return absl::OkStatus();
}

absl::Status Staging::CheckSpace() {
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::Directory> state, OpenStateDirectory(place_));
  SpaceNeeds needs;
  MIG_RETURN_IF_ERROR(needs.Add(*state, kStateBytes));
  for (size_t i = 0; i < changes_.size(); ++i) {
    const FileChange& change = changes_[i];
    base::Directory& directory = *items_[i].directory;
    if (change.after) {
      MIG_ASSIGN_OR_RETURN(const uint64_t there,
                           PartialFile::BytesThere(directory, change.target.file_name,
                                                   change.after->content(), place_.owner_uid));
      MIG_RETURN_IF_ERROR(needs.Add(directory, OnDisk(change.after->size_bytes - there)));
      MIG_RETURN_IF_ERROR(needs.Add(*state, OnDisk(change.after->size_bytes)));
    }
    const bool is_kept = change.installed && kept_.OpenCopy(change.installed->digest).ok();
    const absl::StatusOr<base::FileStat> old = directory.Stat(change.target.file_name);
    if (old.ok() && !is_kept) MIG_RETURN_IF_ERROR(needs.Add(*state, OnDisk(old->size_bytes)));
  }
  return needs.Check();
}

absl::StatusOr<Staging::Stagable> Staging::StageFromDisk(size_t index) {
  MIG_CHECK(index < changes_.size()) << index;
  const FileChange& change = changes_[index];
  Item& item = items_[index];
  if (!change.after || item.staged) return Stagable{.is_staged = true};

  const base::FileDigest content = change.after->content();
  const std::string& file_name = change.target.file_name;
  MIG_ASSIGN_OR_RETURN(uint64_t there, PartialFile::BytesThere(*item.directory, file_name, content,
                                                               place_.owner_uid));
  if (there == content.size_bytes) {
    base::StringSource nothing_more("");
    const absl::Status staged = Stage(index, there, nothing_more);
    if (staged.ok()) return Stagable{.is_staged = true};
    if (!absl::IsDataLoss(staged)) return staged;
    there = 0;  // damaged since: removed
  }
  std::vector<absl::StatusOr<std::unique_ptr<base::File>>> sources;
  sources.push_back(item.directory->OpenRead(file_name));
  sources.push_back(kept_.OpenCopy(content.digest));
  for (const absl::StatusOr<std::unique_ptr<base::File>>& source : sources) {
    if (!source.ok()) continue;
    MIG_ASSIGN_OR_RETURN(const bool is_staged, StageFrom(index, **source));
    if (is_staged) return Stagable{.is_staged = true};
  }
  return Stagable{.offset = there};
}

// Only if all of `source` is what is wanted: what an earlier run left is not given up for less.
absl::StatusOr<bool> Staging::StageFrom(size_t index, base::File& source) {
  const base::FileDigest content = changes_[index].after->content();
  MIG_ASSIGN_OR_RETURN(const base::FileStat stat, source.Stat());
  if (stat.size_bytes != content.size_bytes) return false;
  const absl::StatusOr<base::FileDigest> got = base::HashFile(source, content.size_bytes);
  if (!got.ok() || *got != content) return false;
  MIG_RETURN_IF_ERROR(Stage(index, [&source](PartialFile& part) {
    MIG_RETURN_IF_ERROR(part.Rewind(0));
    return part.CopyFrom(source);
  }));
  return true;
}

absl::Status Staging::Stage(size_t index, uint64_t offset, base::ByteSource& contents) {
  return Stage(index, [offset, &contents](PartialFile& part) {
    MIG_RETURN_IF_ERROR(part.Rewind(offset));
    return part.AppendAll(contents);
  });
}

absl::Status Staging::Stage(size_t index, Fill fill) {
  MIG_CHECK(index < changes_.size()) << index;
  const FileChange& change = changes_[index];
  MIG_CHECK(change.after.has_value()) << change.target.name;
  Item& item = items_[index];
  const auto stage = [&]() -> absl::StatusOr<StagedFile> {
    MIG_ASSIGN_OR_RETURN(PartialFile part,
                         PartialFile::Resume(*item.directory, change.target.file_name,
                                             change.after->content(), place_.owner_uid));
    MIG_RETURN_IF_ERROR(fill(part));
    return std::move(part).Finish(*change.after);
  };
  absl::StatusOr<StagedFile> staged = stage();
  if (!staged.ok()) return AtComponent(change.target.name, staged.status());
  item.staged.emplace(*std::move(staged));
  return absl::OkStatus();
}

absl::StatusOr<Staging::NoWayBack> Staging::Keep() {
  for (size_t i = 0; i < changes_.size(); ++i) {
    MIG_CHECK(!changes_[i].after || items_[i].staged) << changes_[i].target.name;
  }
  for (const auto& [path, directory] : directories_) MIG_RETURN_IF_ERROR(directory->Sync());
  NoWayBack no_way_back;
  for (size_t i = 0; i < changes_.size(); ++i) {
    const absl::StatusOr<bool> is_kept = KeepOld(i);
    if (!is_kept.ok()) return AtComponent(changes_[i].target.name, is_kept.status());
    if (!*is_kept) no_way_back.push_back(changes_[i].target.name);
  }
  MIG_RETURN_IF_ERROR(kept_.Sync());
  is_kept_ = true;
  return no_way_back;
}

absl::StatusOr<bool> Staging::KeepOld(size_t index) {
  const FileChange& change = changes_[index];
  const Target& target = change.target;
  Item& item = items_[index];
  const bool is_repair =
      change.installed && change.after && *change.installed == change.after->content();
  if (change.installed && !is_repair) {
    MIG_ASSIGN_OR_RETURN(const bool is_kept, kept_.Verify(*change.installed));
    if (is_kept) {
      item.before = FileFacts{.digest = change.installed->digest,
                              .size_bytes = change.installed->size_bytes,
                              .mode = target.mode,
                              .uid = target.uid,
                              .gid = target.gid,
                              .attributes = item.old_attributes};
      item.kept_name = kept_.KeptName(change.installed->digest);
      return true;
    }
  }
  MIG_ASSIGN_OR_RETURN(item.before, ReadFacts(*item.directory, target.file_name));
  if (item.before) item.before->attributes = item.old_attributes;
  if (is_repair) {
    // The release before has the same contents: going back leaves the repaired file (FactsOn).
    item.kept_name = kept_.KeptName(change.after->digest);
    return true;
  }
  const bool is_damaged =
      change.installed && (!item.before || item.before->content() != *change.installed);
  if (is_damaged) return false;
  if (!item.before) return true;  // new: there is nothing to go back to
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> old,
                       item.directory->OpenRead(target.file_name));
  MIG_RETURN_IF_ERROR(kept_.Copy(*old, item.before->content()));
  item.kept_name = kept_.KeptName(item.before->digest);
  return true;
}

absl::StatusOr<Transaction> Staging::Commit(const TransactionFacts& facts,
                                            const std::optional<trust::AttemptId>& superseded) && {
  MIG_CHECK(is_kept_) << product_;
  MIG_CHECK(facts.product == product_) << facts.product;
  Journal journal = {.facts = facts, .phase = Phase::kCommitted};
  for (size_t i = 0; i < changes_.size(); ++i) {
    const Target& target = changes_[i].target;
    const Item& item = items_[i];
    if (Satisfies(item.before, changes_[i].after)) continue;  // somebody put it right meanwhile
    if (item.staged) MIG_RETURN_IF_ERROR(item.staged->CheckUntouched());
    journal.files.push_back({.name = target.name,
                             .directory = target.directory,
                             .file_name = target.file_name,
                             .staged_name = item.staged ? item.staged->name() : "",
                             .kept_name = item.kept_name,
                             .before = item.before,
                             .after = changes_[i].after});
  }
  if (journal.files.empty()) {
    return absl::UnavailableError(absl::StrCat("product '", product_,
                                               "': somebody else put its files right meanwhile; "
                                               "the next run looks again"));
  }
  absl::StatusOr<Transaction> transaction =
      Transaction::Commit(place_, std::move(journal), superseded);
  // The journal has them now, also if it could not be taken back: then Recover decides.
  std::move(*this).LeaveForLater();
  return transaction;
}

void Staging::LeaveForLater() && {
  for (Item& item : items_) {
    if (item.staged) item.staged->Release();
  }
}

}  // namespace mig::loader
