#include "loader/state/document_store.h"

#include <memory>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/whole_file.h"
#include "trust/refusal.h"

namespace mig::loader {

absl::StatusOr<std::string> DocumentStore::Get(const base::Digest& payload_digest) {
  return base::ReadWhole(*directory_, payload_digest.ToHex(), base::kMaxEnvelopeBytes);
}

absl::Status DocumentStore::Put(const base::Digest& payload_digest, absl::string_view envelope) {
  MIG_RETURN_IF_ERROR(Write(payload_digest, envelope));
  // Also if it was there: by a run that was killed before this.
  return directory_->Sync();
}

absl::Status DocumentStore::PutUntilNext(const base::Digest& payload_digest,
                                         absl::string_view envelope) {
  return Write(payload_digest, envelope);
}

absl::Status DocumentStore::Write(const base::Digest& payload_digest, absl::string_view envelope) {
  if (envelope.size() > base::kMaxEnvelopeBytes) {
    return trust::Refuse(
        v1::Refusal::BOUND,
        absl::StrCat("document ", payload_digest.ToHex(), " has ", envelope.size(),
                     " bytes with its signatures, at most ", base::kMaxEnvelopeBytes));
  }
  const std::string name = payload_digest.ToHex();
  const absl::StatusOr<std::string> held = Get(payload_digest);
  if (held.ok() && *held == envelope) return absl::OkStatus();

  MIG_ASSIGN_OR_RETURN(const std::vector<base::Digest> all, List());
  if (!held.ok() && all.size() >= base::kMaxHeldDocuments) {
    return trust::Refuse(v1::Refusal::BOUND,
                         absl::StrCat(directory_->path(), " holds ", all.size(),
                                      " documents already, at most ", base::kMaxHeldDocuments));
  }
  const std::string unfinished = absl::StrCat(".", name, ".new");
  const absl::Status removed = directory_->Unlink(unfinished);
  if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> file,
                       directory_->CreateExclusive(unfinished, 0600));
  absl::Status written = file->WriteAt(0, envelope);
  if (written.ok()) written = file->Sync();
  if (written.ok()) written = directory_->Rename(unfinished, *directory_, name);
  if (!written.ok()) directory_->Unlink(unfinished).IgnoreError();  // a full disk gets it back
  return written;
}

absl::StatusOr<std::vector<base::Digest>> DocumentStore::List() {
  MIG_ASSIGN_OR_RETURN(const std::vector<base::DirectoryEntry> entries,
                       directory_->List(base::kMaxDirectoryEntries));
  std::vector<base::Digest> digests;
  for (const base::DirectoryEntry& entry : entries) {
    const absl::StatusOr<base::Digest> digest = base::Digest::FromHex(entry.name);
    if (digest.ok() && entry.kind == base::FileKind::kFile) digests.push_back(*digest);
  }
  return digests;
}

absl::Status DocumentStore::Sweep(const std::vector<base::Digest>& keep) {
  std::set<std::string> names;
  for (const base::Digest& digest : keep) names.insert(digest.ToHex());
  MIG_ASSIGN_OR_RETURN(const std::vector<base::DirectoryEntry> entries,
                       directory_->List(base::kMaxDirectoryEntries));
  bool changed = false;
  for (const base::DirectoryEntry& entry : entries) {
    if (names.contains(entry.name) || entry.kind == base::FileKind::kDirectory) continue;
    MIG_RETURN_IF_ERROR(directory_->Unlink(entry.name));
    changed = true;
  }
  return changed ? directory_->Sync() : absl::OkStatus();
}

}  // namespace mig::loader
