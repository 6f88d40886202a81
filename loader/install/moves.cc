#include "loader/install/moves.h"

#include <functional>
#include <utility>

#include "absl/strings/match.h"
#include "base/check.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "loader/install/partial_file.h"
#include "loader/install/staged_file.h"

namespace mig::loader {

namespace {

// Whether the staged file is there, whole, and nobody else's.
absl::StatusOr<bool> IsStaged(base::Directory& directory, absl::string_view name,
                              const FileFacts& wanted, Belief belief) {
  const absl::StatusOr<base::FileStat> stat = directory.Stat(name);
  if (absl::IsNotFound(stat.status())) return false;
  MIG_RETURN_IF_ERROR(stat.status());
  if (stat->links != 1) return false;  // somebody holds a second name: another inode is made
  if (belief != Belief::kJustVerified) return HasFacts(directory, name, wanted);
  return stat->kind == base::FileKind::kFile && stat->size_bytes == wanted.size_bytes &&
         stat->mode == wanted.mode && stat->uid == wanted.uid && stat->gid == wanted.gid;
}

// Who staged the file may have been killed before it was durable: that it reads back whole says
// nothing about what a power cut leaves of it.
absl::Status SyncAgain(base::Directory& directory, absl::string_view name) {
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> file, directory.OpenRead(name));
  return file->Sync();
}

}  // namespace

const std::optional<FileFacts>& FactsOn(Side side, const JournalFile& file) {
  const bool is_repaired = file.after && absl::EndsWith(file.kept_name, file.after->digest.ToHex());
  return side == Side::kAfter || is_repaired ? file.after : file.before;
}

absl::StatusOr<Moves> Moves::Open(const Place& place, const Journal& journal, KeptSets& kept) {
  Moves moves(journal, kept);
  for (const JournalFile& file : journal.files) {
    std::unique_ptr<base::Directory>& directory = moves.directories_[file.directory];
    if (directory != nullptr) continue;
    MIG_ASSIGN_OR_RETURN(directory, OpenTargetDirectory(place, file.directory));
  }
  return moves;
}

absl::StatusOr<std::vector<TargetState>> Moves::Look() {
  std::vector<TargetState> states;
  for (const JournalFile& file : journal_.files) {
    TargetState state;
    MIG_ASSIGN_OR_RETURN(state.is_after, HasFacts(DirectoryOf(file), file.file_name, file.after));
    if (!state.is_after) {
      MIG_ASSIGN_OR_RETURN(state.is_before,
                           HasFacts(DirectoryOf(file), file.file_name, file.before));
    }
    states.push_back(state);
  }
  return states;
}

absl::StatusOr<std::vector<MissingContent>> Moves::Prepare(Side side, Belief belief) {
  moves_.clear();
  std::vector<MissingContent> missing;
  for (size_t i = 0; i < journal_.files.size(); ++i) {
    const JournalFile& file = journal_.files[i];
    const std::optional<FileFacts>& wanted = FactsOn(side, file);
    if (wanted.has_value() && belief == Belief::kJustVerified) {
      // It goes in whatever is there now, which need not be read.
      const std::string staged_name = StagedName(file.file_name, wanted->content());
      MIG_ASSIGN_OR_RETURN(const bool is_staged,
                           IsStaged(DirectoryOf(file), staged_name, *wanted, belief));
      if (is_staged) {
        moves_.push_back({.index = i, .staged_name = staged_name});
        continue;
      }
    }
    MIG_ASSIGN_OR_RETURN(const bool is_right, HasFacts(DirectoryOf(file), file.file_name, wanted));
    if (!wanted.has_value()) {
      if (!is_right) moves_.push_back({.index = i});
      continue;
    }
    if (is_right) continue;
    MIG_ASSIGN_OR_RETURN(const bool is_staged, StageFromAnywhere(file, *wanted, belief));
    if (is_staged) {
      moves_.push_back({.index = i, .staged_name = StagedName(file.file_name, wanted->content())});
    } else {
      missing.push_back({.name = file.name, .content = wanted->content()});
    }
  }
  if (!is_newly_staged_) return missing;
  // The staged names must outlive a power cut that comes between two renames.
  for (const auto& [path, directory] : directories_) MIG_RETURN_IF_ERROR(directory->Sync());
  is_newly_staged_ = false;
  return missing;
}

absl::Status Moves::Apply() {
  for (const Move& move : moves_) {
    const JournalFile& file = journal_.files[move.index];
    base::Directory& directory = DirectoryOf(file);
    if (move.staged_name.empty()) {
      MIG_RETURN_IF_ERROR(directory.Unlink(file.file_name));
    } else {
      MIG_RETURN_IF_ERROR(directory.Rename(move.staged_name, directory, file.file_name));
    }
  }
  for (const auto& [path, directory] : directories_) MIG_RETURN_IF_ERROR(directory->Sync());
  return absl::OkStatus();
}

base::Directory& Moves::DirectoryOf(const JournalFile& file) {
  const auto found = directories_.find(file.directory);
  MIG_CHECK(found != directories_.end()) << file.directory;
  return *found->second;
}

absl::StatusOr<bool> Moves::StageFromAnywhere(const JournalFile& file, const FileFacts& wanted,
                                              Belief belief) {
  base::Directory& directory = DirectoryOf(file);
  const std::string staged_name = StagedName(file.file_name, wanted.content());
  MIG_ASSIGN_OR_RETURN(const bool is_staged, IsStaged(directory, staged_name, wanted, belief));
  if (is_staged) {
    const absl::Status durable =
        belief == Belief::kJustVerified ? absl::OkStatus() : SyncAgain(directory, staged_name);
    if (belief != Belief::kJustVerified) is_newly_staged_ = true;
    if (!absl::IsDataLoss(durable)) return durable.ok() ? absl::StatusOr<bool>(true) : durable;
    // Never synced a second time: what is read back may be lost already (ADVERSARY 118).
    MIG_RETURN_IF_ERROR(directory.Unlink(staged_name));
  }

  using Opened = absl::StatusOr<std::unique_ptr<base::File>>;
  const std::function<Opened()> sources[] = {
      [&] { return directory.OpenRead(staged_name); },  // right bytes, but not as they should be
      [&] { return kept_.OpenCopy(wanted.digest); },
      [&] { return directory.OpenRead(file.file_name); },
  };
  for (const auto& open : sources) {
    // An error of the moment, and a bad place of the disk under the new file, look like a damaged
    // source: all is done once more, into a fresh inode (ADVERSARY 118), before a good copy counts
    // as damaged.
    for (int tries = 0; tries < 2; ++tries) {
      const Opened source = open();
      // What could not be opened for want of memory or files is not missing: the next run asks.
      if (absl::IsUnavailable(source.status()) || absl::IsResourceExhausted(source.status())) {
        return source.status();
      }
      const absl::Status staged = source.ok() ? StageFrom(file, wanted, **source) : source.status();
      if (staged.ok()) return true;
      if (absl::IsDataLoss(staged)) continue;
      if (source.ok()) return staged;
      break;
    }
  }
  return false;
}

absl::Status Moves::StageFrom(const JournalFile& file, const FileFacts& wanted,
                              base::File& source) {
  MIG_ASSIGN_OR_RETURN(const base::FileStat stat, source.Stat());
  if (stat.size_bytes != wanted.size_bytes) return absl::DataLossError("another size");
  MIG_ASSIGN_OR_RETURN(PartialFile part,
                       PartialFile::Create(DirectoryOf(file), file.file_name, wanted.content()));
  MIG_RETURN_IF_ERROR(part.CopyFrom(source));
  MIG_ASSIGN_OR_RETURN(StagedFile staged, std::move(part).Finish(wanted));
  staged.Release();
  is_newly_staged_ = true;
  return absl::OkStatus();
}

}  // namespace mig::loader
