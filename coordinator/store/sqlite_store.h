// The store in one SQLite file, without a server: WAL, full sync (https://sqlite.org/wal.html).

#ifndef MIG_COORDINATOR_STORE_SQLITE_STORE_H_
#define MIG_COORDINATOR_STORE_SQLITE_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/random.h"
#include "base/sizes.h"
#include "coordinator/store/committer.h"
#include "coordinator/store/store.h"
#include "coordinator/store/store_owner.h"

namespace mig::coordinator {

// How often and how much was committed, since the start.
struct CommitStats {
  uint64_t commits = 0;
  uint64_t batches = 0;  // written
  uint64_t refused = 0;  // batches
  uint64_t rows = 0;     // written

  friend bool operator==(const CommitStats&, const CommitStats&) = default;
};

// Whether an error of OpenFile says that there is a good store, and that it is not the caller's to
// open: of a newer schema, another program's, or another coordinator's. Anything else may be mended
// where it is.
bool IsForeignStore(const absl::Status& status);

// Passive: it starts no thread. Whoever owns it drives the Committer, or starts a WriterThread.
// After the disk failed to make something durable, or the file was found damaged, every append is
// refused with that error until the store is opened anew (ATC 2020, "Can applications recover
// from fsync failures?"); a full disk is refused and tried again.
class SqliteStore : public Store, public Committer {
 public:
  struct Options {
    // The largest file, in bytes; beyond it writes are ResourceExhausted.
    uint64_t max_bytes = 64 * base::kGiB;
    // Who asks. A store that has an owner is opened for its owner only (IsOwn); one that has none
    // yet is the first claimant's. Nothing: whoever it is may have it, and is not recorded.
    std::optional<StoreClaim> claim = std::nullopt;
  };

  // Opens the file at `path` (absolute), or makes it (0600) if it is missing or empty; its
  // directory must be there. `random`: the id of a new store. An older schema is brought up to
  // this one after the file was copied to PATH.schema-N.copy.
  //
  // Errors: FailedPrecondition  a newer schema, not a store of ours, another coordinator's
  //                             (IsForeignStore: nothing was written); no database; a symbolic link
  //                             in the path
  //         Unavailable         another process has it open (PATH.lock)
  //         NotFound, PermissionDenied   directory or file
  //         ResourceExhausted   the disk is full
  //         DataLoss            damaged
  static absl::StatusOr<std::unique_ptr<SqliteStore>> OpenFile(absl::string_view path,
                                                               const Options& options,
                                                               base::Random& random);

  // A store that forgets: for tests and virtual time.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> OpenInMemory(base::Random& random);

  // Batches that nobody committed are answered with Cancelled.
  ~SqliteStore() override = default;

  // Any thread.
  virtual CommitStats stats() const = 0;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_SQLITE_STORE_H_
