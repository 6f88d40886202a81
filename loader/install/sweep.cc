#include "loader/install/sweep.h"

#include <memory>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file_system.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "loader/install/journal.h"
#include "loader/install/staged_file.h"

namespace mig::loader {

namespace {

absl::Status SweepDirectory(base::Directory& directory, const std::set<std::string>& wanted) {
  const absl::StatusOr<std::vector<base::DirectoryEntry>> entries =
      directory.List(base::kMaxDirectoryEntries);
  // A directory of somebody else's with very many files: what is ours there is found by its name
  // when that target is staged again.
  if (absl::IsResourceExhausted(entries.status())) return absl::OkStatus();
  MIG_RETURN_IF_ERROR(entries.status());
  for (const base::DirectoryEntry& entry : *entries) {
    const bool is_ours =
        absl::StartsWith(entry.name, kStagedPrefix) && entry.kind != base::FileKind::kDirectory;
    if (!is_ours || wanted.contains(entry.name)) continue;
    MIG_RETURN_IF_ERROR(directory.Unlink(entry.name));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SweepLeftovers(const Place& place, const std::vector<std::string>& directories,
                            const std::vector<FileChange>& wanted) {
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::Directory> state, OpenStateDirectory(place));
  if (!absl::IsNotFound(state->Stat(kJournalName).status())) {
    return absl::FailedPreconditionError(
        absl::StrCat(base::JoinPath(place.state_directory, kJournalName),
                     " is there: an install is not finished; run mig-loader recover"));
  }
  std::set<std::string> names;
  for (const FileChange& change : wanted) {
    if (change.after) names.insert(StagedName(change.target.file_name, change.after->content()));
  }
  for (const std::string& path : directories) {
    const absl::StatusOr<std::unique_ptr<base::Directory>> directory =
        OpenTargetDirectory(place, path);
    if (directory.ok()) MIG_RETURN_IF_ERROR(SweepDirectory(**directory, names));
  }
  return absl::OkStatus();
}

}  // namespace mig::loader
