#include "loader/scan/digest_cache.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/endian.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "base/whole_file.h"

namespace mig::loader {

namespace {

// Magic, then entries (five u64le and a digest each), then SHA-256 of all before.
constexpr absl::string_view kMagic = "MIGCACH1";
constexpr size_t kEntryBytes = 5 * 8 + base::Digest::kSizeBytes;
constexpr uint64_t kMaxFileBytes =
    kMagic.size() + DigestCache::kMaxEntries * kEntryBytes + base::Digest::kSizeBytes;
constexpr uint32_t kFileMode = 0600;

// The entries' bytes, or nothing.
absl::string_view CheckedEntries(absl::string_view bytes) {
  if (bytes.size() < kMagic.size() + base::Digest::kSizeBytes) return {};
  const absl::string_view checked = bytes.substr(0, bytes.size() - base::Digest::kSizeBytes);
  if (!absl::StartsWith(checked, kMagic)) return {};
  if (base::Sha256Of(checked).bytes() != bytes.substr(checked.size())) return {};
  const absl::string_view entries = checked.substr(kMagic.size());
  return entries.size() % kEntryBytes == 0 ? entries : absl::string_view();
}

uint64_t NumberAt(absl::string_view entry, size_t index) {
  return base::ReadU64Le(entry.substr(8 * index));
}

}  // namespace

DigestCache DigestCache::Load(base::Directory& directory, absl::string_view name) {
  DigestCache cache;
  const absl::StatusOr<std::string> bytes = base::ReadWhole(directory, name, kMaxFileBytes);
  if (!bytes.ok()) return cache;
  absl::string_view entries = CheckedEntries(*bytes);
  cache.entries_.reserve(entries.size() / kEntryBytes);
  for (; !entries.empty(); entries.remove_prefix(kEntryBytes)) {
    Entry entry;
    entry.size_bytes = NumberAt(entries, 2);
    entry.modified = absl::FromUnixNanos(static_cast<int64_t>(NumberAt(entries, 3)));
    entry.changed = absl::FromUnixNanos(static_cast<int64_t>(NumberAt(entries, 4)));
    const absl::StatusOr<base::Digest> digest =
        base::Digest::FromBytes(entries.substr(5 * 8, base::Digest::kSizeBytes));
    if (!digest.ok()) break;
    entry.digest = *digest;
    cache.entries_[Key(NumberAt(entries, 0), NumberAt(entries, 1))] = entry;
  }
  return cache;
}

absl::Status DigestCache::Save(base::Directory& directory, absl::string_view name) {
  std::vector<std::pair<Key, const Entry*>> sorted;  // so that the file is the same each time
  for (const auto& [key, entry] : entries_) {
    if (entry.in_use) sorted.emplace_back(key, &entry);
  }
  if (!is_changed_ && sorted.size() == entries_.size()) return absl::OkStatus();
  std::sort(sorted.begin(), sorted.end());
  if (sorted.size() > kMaxEntries) sorted.resize(kMaxEntries);

  std::string bytes(kMagic);
  bytes.reserve(kMagic.size() + (sorted.size() + 1) * kEntryBytes);
  for (const auto& [key, entry] : sorted) {
    base::AppendU64Le(bytes, key.first);
    base::AppendU64Le(bytes, key.second);
    base::AppendU64Le(bytes, entry->size_bytes);
    base::AppendU64Le(bytes, static_cast<uint64_t>(absl::ToUnixNanos(entry->modified)));
    base::AppendU64Le(bytes, static_cast<uint64_t>(absl::ToUnixNanos(entry->changed)));
    absl::StrAppend(&bytes, entry->digest.bytes());
  }
  absl::StrAppend(&bytes, base::Sha256Of(bytes).bytes());

  const std::string unfinished = absl::StrCat(".", name, ".new");
  const absl::Status removed = directory.Unlink(unfinished);
  if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> file,
                       directory.CreateExclusive(unfinished, kFileMode));
  absl::Status written = file->WriteAt(0, bytes);
  if (written.ok()) written = directory.Rename(unfinished, directory, name);
  if (!written.ok()) {
    directory.Unlink(unfinished).IgnoreError();  // a full disk gets it back
    return written;
  }
  is_changed_ = false;
  return absl::OkStatus();
}

const base::Digest* DigestCache::Find(const base::FileStat& stat) const {
  const auto found = entries_.find(Key(stat.device, stat.inode));
  if (found == entries_.end()) return nullptr;
  const Entry& entry = found->second;
  const bool is_same = entry.size_bytes == stat.size_bytes && entry.modified == stat.modified &&
                       entry.changed == stat.changed;
  if (!is_same) return nullptr;
  std::atomic_ref<bool>(entry.in_use).store(true, std::memory_order_relaxed);
  return &entry.digest;
}

void DigestCache::Add(const base::FileStat& stat, const base::Digest& digest, absl::Time now) {
  if (std::max(stat.modified, stat.changed) > now - kLeastAge) return;
  entries_[Key(stat.device, stat.inode)] = {.size_bytes = stat.size_bytes,
                                            .modified = stat.modified,
                                            .changed = stat.changed,
                                            .digest = digest,
                                            .in_use = true};
  is_changed_ = true;
}

}  // namespace mig::loader
