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
    entry.key = Key(NumberAt(entries, 0), NumberAt(entries, 1));
    entry.size_bytes = NumberAt(entries, 2);
    entry.modified = absl::FromUnixNanos(static_cast<int64_t>(NumberAt(entries, 3)));
    entry.changed = absl::FromUnixNanos(static_cast<int64_t>(NumberAt(entries, 4)));
    const absl::StatusOr<base::Digest> digest =
        base::Digest::FromBytes(entries.substr(5 * 8, base::Digest::kSizeBytes));
    if (!digest.ok()) break;
    entry.digest = *digest;
    cache.entries_.push_back(entry);
  }
  Settle(cache.entries_);
  return cache;
}

absl::Status DigestCache::Save(base::Directory& directory, absl::string_view name) {
  std::vector<const Entry*> kept;
  for (const Entry& entry : entries_) {
    if (entry.in_use) kept.push_back(&entry);
  }
  if (!is_changed_ && kept.size() == entries_.size()) return absl::OkStatus();
  if (kept.size() > kMaxEntries) kept.resize(kMaxEntries);

  std::string bytes(kMagic);
  bytes.reserve(kMagic.size() + (kept.size() + 1) * kEntryBytes);
  for (const Entry* entry : kept) {
    base::AppendU64Le(bytes, entry->key.first);
    base::AppendU64Le(bytes, entry->key.second);
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

void DigestCache::Settle(std::vector<Entry>& entries) {
  const auto is_before = [](const Entry& a, const Entry& b) { return a.key < b.key; };
  const auto same = [](const Entry& a, const Entry& b) { return a.key == b.key; };
  std::stable_sort(entries.begin(), entries.end(), is_before);
  // From the end, so that std::unique keeps the later.
  entries.erase(entries.begin(), std::unique(entries.rbegin(), entries.rend(), same).base());
}

const base::Digest* DigestCache::Find(const base::FileStat& stat, Cursor& cursor) const {
  const Key key(stat.device, stat.inode);
  size_t at = cursor.next;
  if (at >= entries_.size() || entries_[at].key != key) {
    const auto is_before = [](const Entry& entry, const Key& wanted) { return entry.key < wanted; };
    const auto found = std::lower_bound(entries_.begin(), entries_.end(), key, is_before);
    if (found == entries_.end() || found->key != key) return nullptr;
    at = static_cast<size_t>(found - entries_.begin());
  }
  cursor.next = at + 1;
  const Entry& entry = entries_[at];
  const bool is_same = entry.size_bytes == stat.size_bytes && entry.modified == stat.modified &&
                       entry.changed == stat.changed;
  if (!is_same) return nullptr;
  std::atomic_ref<bool>(entry.in_use).store(true, std::memory_order_relaxed);
  return &entry.digest;
}

void DigestCache::Add(const std::vector<HashedFile>& files, absl::Time now) {
  const size_t before = entries_.size();
  for (const HashedFile& file : files) {
    if (std::max(file.stat.modified, file.stat.changed) > now - kLeastAge) continue;
    entries_.push_back({.key = Key(file.stat.device, file.stat.inode),
                        .size_bytes = file.stat.size_bytes,
                        .modified = file.stat.modified,
                        .changed = file.stat.changed,
                        .digest = file.digest,
                        .in_use = true});
  }
  if (entries_.size() == before) return;
  Settle(entries_);
  is_changed_ = true;
}

}  // namespace mig::loader
