// Digests of files that have not changed since they were hashed, so that a scan need not read
// them. Never used for staged or committed bytes.
//
// An entry is what stat(2) said: device, inode, size, mtime, ctime. A file that is younger than
// 2 s gets none: it could change again within one tick of the disk's clock ("racy git").

#ifndef MIG_LOADER_SCAN_DIGEST_CACHE_H_
#define MIG_LOADER_SCAN_DIGEST_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/file_system.h"

namespace mig::loader {

// A file whose contents were read: what the open file was after that.
struct HashedFile {
  base::FileStat stat;
  base::Digest digest;
};

// Lookups may come from several threads at once, if nobody adds meanwhile.
class DigestCache {
 public:
  static constexpr absl::Duration kLeastAge = absl::Seconds(2);
  static constexpr size_t kMaxEntries = 65'536;

  // Where a row of lookups is. Files come mostly in the order of their inodes, as the entries
  // stand, so the next one is nearly always the next entry: no search, and no jump in memory.
  struct Cursor {
    size_t next = 0;
  };

  DigestCache() = default;

  // File `name` in `directory`. What is missing, damaged or of another version gives an empty
  // cache: it only costs hashing.
  static DigestCache Load(base::Directory& directory, absl::string_view name);

  // Writes it if it differs from what was loaded; not synced, since a lost one does no harm.
  // Entries that nobody found or added since then are left out.
  absl::Status Save(base::Directory& directory, absl::string_view name);

  // nullptr: not known, or another file than then. Valid until the next Add. What was found is kept
  // by Save. Any `cursor` gives the same answer; each thread has its own.
  const base::Digest* Find(const base::FileStat& stat, Cursor& cursor) const;

  // Remembers `files`, which were opened after `now` (the wall clock), as far as they are old
  // enough. Of two that are the same file the later counts.
  void Add(const std::vector<HashedFile>& files, absl::Time now);

  size_t size() const { return entries_.size(); }

 private:
  using Key = std::pair<uint64_t, uint64_t>;  // device, inode
  struct Entry {
    Key key;
    uint64_t size_bytes = 0;
    absl::Time modified;
    absl::Time changed;
    base::Digest digest;
    mutable bool in_use = false;  // set by lookups, through std::atomic_ref
  };

  // Sorts, and keeps the later of two with one key.
  static void Settle(std::vector<Entry>& entries);

  std::vector<Entry> entries_;  // sorted by key, each once
  bool is_changed_ = false;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_SCAN_DIGEST_CACHE_H_
