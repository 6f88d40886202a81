#include "coordinator/blobs/blob_index.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace mig::coordinator {
namespace {

absl::Status NotStored(const base::Digest& digest) {
  return absl::NotFoundError(absl::StrCat("content ", digest.ToHex(), " is not stored"));
}

}  // namespace

absl::Status DamagedError(const base::Digest& digest, absl::string_view defect) {
  return absl::DataLossError(absl::StrCat("content ", digest.ToHex(), " is damaged: ", defect,
                                          "; it is not served, publish its release again"));
}

absl::Status BlobIndex::Reserve(uint64_t size_bytes) {
  const std::lock_guard lock(mutex_);
  const uint64_t used = stored_bytes_ + reserved_bytes_;
  if (used > quota_bytes_ || size_bytes > quota_bytes_ - used) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "contents have ", used, " bytes, ", size_bytes, " more are beyond the quota of ",
        quota_bytes_, "; raise it in the coordinator's configuration, or remove old releases"));
  }
  if (entries_.size() + reserved_blobs_ >= max_blobs_) {
    return absl::ResourceExhaustedError(
        absl::StrCat(entries_.size(), " contents are stored, at most ", max_blobs_,
                     " may be; raise it in the coordinator's configuration"));
  }
  reserved_bytes_ += size_bytes;
  ++reserved_blobs_;
  return absl::OkStatus();
}

void BlobIndex::Release(uint64_t size_bytes) {
  const std::lock_guard lock(mutex_);
  reserved_bytes_ -= size_bytes;
  --reserved_blobs_;
}

absl::Status BlobIndex::AddFound(const base::Digest& digest, uint64_t size_bytes) {
  const std::lock_guard lock(mutex_);
  return AddLocked(digest, size_bytes);
}

absl::Status BlobIndex::AddLocked(const base::Digest& digest, uint64_t size_bytes) {
  if (entries_.contains(digest)) return absl::OkStatus();
  if (entries_.size() >= max_blobs_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", max_blobs_,
                     " contents are stored; raise max_blobs in the coordinator's configuration"));
  }
  entries_[digest].size_bytes = size_bytes;
  stored_bytes_ += size_bytes;
  return absl::OkStatus();
}

void BlobIndex::AddStored(const base::Digest& digest, const base::FileStat& stat) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[digest];
  SetDefect(entry, "");
  stored_bytes_ += stat.size_bytes - entry.size_bytes;
  entry.size_bytes = stat.size_bytes;
  entry.checking.reset();
  entry.checked = stat;
  checked_.notify_all();
  reserved_bytes_ -= stat.size_bytes;
  --reserved_blobs_;
}

void BlobIndex::Remove(const base::Digest& digest) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(digest);
  if (found == entries_.end()) return;
  SetDefect(found->second, "");
  stored_bytes_ -= found->second.size_bytes;
  entries_.erase(found);
  checked_.notify_all();
}

absl::StatusOr<uint64_t> BlobIndex::Size(const base::Digest& digest) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(digest);
  if (found == entries_.end()) return NotStored(digest);
  if (!found->second.defect.empty()) return DamagedError(digest, found->second.defect);
  return found->second.size_bytes;
}

std::vector<BlobInfo> BlobIndex::List(const std::optional<base::Digest>& after,
                                      size_t limit) const {
  const std::lock_guard lock(mutex_);
  std::vector<BlobInfo> page;
  auto next = after.has_value() ? entries_.upper_bound(*after) : entries_.begin();
  for (; next != entries_.end() && page.size() < limit; ++next) {
    page.push_back(BlobInfo{.digest = next->first, .size_bytes = next->second.size_bytes});
  }
  return page;
}

BlobStats BlobIndex::stats() const {
  const std::lock_guard lock(mutex_);
  return BlobStats{.blobs = entries_.size(), .bytes = stored_bytes_, .damaged = damaged_};
}

absl::StatusOr<BlobIndex::Check> BlobIndex::BeginCheck(const base::Digest& digest,
                                                       const base::FileStat& stat) {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto found = entries_.find(digest);
    if (found == entries_.end()) return NotStored(digest);
    Entry& entry = found->second;
    if (entry.checked == stat) {
      if (entry.defect.empty()) return Check::kDone;
      return DamagedError(digest, entry.defect);
    }
    if (entry.checking != stat) {
      entry.checking = stat;
      return Check::kNeeded;
    }
    checked_.wait(lock);
  }
}

absl::Status BlobIndex::BeginScrub(const base::Digest& digest, const base::FileStat& stat) {
  const std::lock_guard lock(mutex_);
  if (absl::Status status = AddLocked(digest, stat.size_bytes); !status.ok()) return status;
  entries_[digest].checking = stat;
  return absl::OkStatus();
}

void BlobIndex::FinishCheck(const base::Digest& digest, const base::FileStat& stat,
                            absl::string_view defect) {
  const std::lock_guard lock(mutex_);
  Entry* entry = EndCheck(digest, stat);
  if (entry == nullptr) return;
  entry->checked = stat;
  SetDefect(*entry, defect);
}

void BlobIndex::AbandonCheck(const base::Digest& digest, const base::FileStat& stat) {
  const std::lock_guard lock(mutex_);
  EndCheck(digest, stat);
}

BlobIndex::Entry* BlobIndex::EndCheck(const base::Digest& digest, const base::FileStat& stat) {
  checked_.notify_all();
  const auto found = entries_.find(digest);
  if (found == entries_.end() || found->second.checking != stat) return nullptr;
  found->second.checking.reset();
  return &found->second;
}

void BlobIndex::MarkDamaged(const base::Digest& digest, absl::string_view defect) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(digest);
  if (found == entries_.end()) return;
  found->second.checked.reset();
  SetDefect(found->second, defect);
}

void BlobIndex::SetDefect(Entry& entry, absl::string_view defect) {
  if (!entry.defect.empty()) --damaged_;
  entry.defect = std::string(defect);
  if (!entry.defect.empty()) ++damaged_;
}

}  // namespace mig::coordinator
