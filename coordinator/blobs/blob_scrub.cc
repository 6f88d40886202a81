// Looking at everything again, from the disk.

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "base/path.h"
#include "base/status_macros.h"
#include "coordinator/blobs/blob_directory.h"

namespace mig::coordinator {
namespace {

// What is in the root besides fan-out directories.
bool IsOurs(const base::DirectoryEntry& entry) {
  return entry.name == "lock" ||
         (entry.kind == base::FileKind::kDirectory && IsFanOutName(entry.name));
}

}  // namespace

absl::StatusOr<std::vector<base::Digest>> BlobDirectory::NextOnDisk(
    const std::optional<base::Digest>& after, size_t limit, ScrubPage& page) {
  const size_t max_entries = options_.max_blobs + 10'000;
  MIG_ASSIGN_OR_RETURN(const auto entries, root_->List(max_entries));
  const auto note_stray = [&page](std::string name) {
    page.defects.push_back({.name = std::move(name), .what = "is no content of this store"});
  };
  std::vector<base::Digest> found;
  for (const base::DirectoryEntry& entry : entries) {
    if (!IsOurs(entry)) {
      if (!after.has_value()) note_stray(entry.name);  // later pages need not say it again
      continue;
    }
    if (entry.name == "lock") continue;
    if (after.has_value() && (entry.name < FanOutName(*after) || found.size() >= limit)) continue;
    MIG_ASSIGN_OR_RETURN(const auto directory, root_->OpenDir(entry.name));
    MIG_ASSIGN_OR_RETURN(const auto names, directory->List(max_entries));
    for (const base::DirectoryEntry& name : names) {
      const std::optional<base::Digest> digest = DigestOfName(entry.name, name.name);
      if (digest.has_value() && (!after.has_value() || *digest > *after)) {
        found.push_back(*digest);
      } else if (!digest.has_value() && !after.has_value() && !IsUnfinishedName(name.name)) {
        note_stray(base::JoinPath(entry.name, name.name));
      }
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

absl::StatusOr<ScrubPage> BlobDirectory::Scrub(const std::optional<base::Digest>& after,
                                               size_t max_blobs) {
  if (max_blobs == 0)
    return absl::InvalidArgumentError("a page of a scrub has at least one content");
  ScrubPage page;
  MIG_ASSIGN_OR_RETURN(const std::vector<base::Digest> on_disk, NextOnDisk(after, max_blobs, page));
  std::vector<base::Digest> known;
  for (const BlobInfo& blob : index_.List(after, max_blobs)) known.push_back(blob.digest);
  std::vector<base::Digest> next;
  std::set_union(on_disk.begin(), on_disk.end(), known.begin(), known.end(),
                 std::back_inserter(next));
  if (next.size() >= max_blobs) {
    next.resize(max_blobs);
    page.next = next.back();  // perhaps the last one: then the next page is empty
  }
  for (const base::Digest& digest : next) ScrubOne(digest, page);
  return page;
}

void BlobDirectory::ScrubOne(const base::Digest& digest, ScrubPage& page) {
  const auto note = [&](absl::string_view what) {
    page.defects.push_back({.name = base::JoinPath(FanOutName(digest), digest.ToHex()),
                            .digest = digest,
                            .what = std::string(what)});
  };
  ++page.blobs_checked;
  absl::StatusOr<std::unique_ptr<base::File>> file = OpenFile(digest);
  if (!file.ok()) {
    index_.MarkDamaged(digest, file.status().message());
    note(file.status().message());
    return;
  }
  const absl::StatusOr<base::FileStat> stat = (*file)->Stat();
  if (!stat.ok()) {
    note(stat.status().message());
    return;
  }
  // One that was put there by hand is a content like any other, if it is what its name says.
  if (absl::Status begun = index_.BeginScrub(digest, *stat); !begun.ok()) {
    note(begun.message());
    return;
  }
  page.bytes_checked += stat->size_bytes;
  if (absl::Status good = CheckNow(**file, digest, *stat); !good.ok()) note(good.message());
}

}  // namespace mig::coordinator
