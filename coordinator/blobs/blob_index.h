// What a blob store knows of its contents without looking at the disk: names, sizes, which were
// checked, who is checking, and how much room there is.

#ifndef MIG_COORDINATOR_BLOBS_BLOB_INDEX_H_
#define MIG_COORDINATOR_BLOBS_BLOB_INDEX_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "base/file.h"
#include "coordinator/blobs/blob_store.h"

namespace mig::coordinator {

// DataLoss: `digest` is not what its name says, and why.
absl::Status DamagedError(const base::Digest& digest, absl::string_view defect);

// Any thread may call; nothing here does I/O.
class BlobIndex {
 public:
  BlobIndex(uint64_t quota_bytes, uint64_t max_blobs)
      : quota_bytes_(quota_bytes), max_blobs_(max_blobs) {}

  // --- Room. What is under way counts as what is stored.

  // ResourceExhausted beyond the quota or the number of contents.
  absl::Status Reserve(uint64_t size_bytes);
  // It will not come.
  void Release(uint64_t size_bytes);

  // --- Contents

  // One that lies there and is not known: not checked yet. ResourceExhausted: more than may be.
  absl::Status AddFound(const base::Digest& digest, uint64_t size_bytes);
  // One that was just stored, in room that was reserved for it; `stat` is its file's.
  void AddStored(const base::Digest& digest, const base::FileStat& stat);
  void Remove(const base::Digest& digest);

  // NotFound; DataLoss if it is known to be damaged.
  absl::StatusOr<uint64_t> Size(const base::Digest& digest) const;
  std::vector<BlobInfo> List(const std::optional<base::Digest>& after, size_t limit) const;
  BlobStats stats() const;

  // --- Checking

  enum class Check {
    kDone,    // a file that looks like `stat` was checked, and is good
    kNeeded,  // the caller is to read it all, and must call FinishCheck
  };
  // Of a file that was just opened. Waits while somebody else checks one that looks the same.
  // NotFound; DataLoss: one that looks the same was found damaged.
  absl::StatusOr<Check> BeginCheck(const base::Digest& digest, const base::FileStat& stat);
  // The same for who reads it again whatever is known of it; adds one that is not known.
  absl::Status BeginScrub(const base::Digest& digest, const base::FileStat& stat);
  // What became of the check. `defect`: one line, empty if it is good. Nothing, if the content was
  // stored again meanwhile.
  void FinishCheck(const base::Digest& digest, const base::FileStat& stat,
                   absl::string_view defect);
  // Nothing was found out.
  void AbandonCheck(const base::Digest& digest, const base::FileStat& stat);
  // It cannot even be opened.
  void MarkDamaged(const base::Digest& digest, absl::string_view defect);

 private:
  struct Entry {
    uint64_t size_bytes = 0;
    // How the file looks that somebody is reading just now.
    std::optional<base::FileStat> checking;
    // How the file looked when it was last checked; none: not yet.
    std::optional<base::FileStat> checked;
    // What was wrong with it then; empty: nothing.
    std::string defect;
  };

  absl::Status AddLocked(const base::Digest& digest, uint64_t size_bytes);
  // The content whose file looks like `stat` is being checked no more; null: it is another one.
  Entry* EndCheck(const base::Digest& digest, const base::FileStat& stat);
  void SetDefect(Entry& entry, absl::string_view defect);

  const uint64_t quota_bytes_;
  const uint64_t max_blobs_;

  mutable std::mutex mutex_;
  std::condition_variable checked_;        // somebody finished a check
  std::map<base::Digest, Entry> entries_;  // guarded by mutex_
  uint64_t stored_bytes_ = 0;              // guarded by mutex_
  uint64_t reserved_bytes_ = 0;            // guarded by mutex_
  uint64_t reserved_blobs_ = 0;            // guarded by mutex_
  uint64_t damaged_ = 0;                   // guarded by mutex_
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_BLOBS_BLOB_INDEX_H_
