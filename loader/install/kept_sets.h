// Step 2 of an install: copies to go back to, in the state directory.
//
// Layout: kept/PRODUCT/SHA256 are contents, each once whichever sets have it; kept/PRODUCT/sets
// says which files the *current* set (of what is installed), the *previous* one (what that
// replaced) and the *next* one (of the transaction under way) have. A set changes its place by one
// durable rewrite of `sets`.

#ifndef MIG_LOADER_INSTALL_KEPT_SETS_H_
#define MIG_LOADER_INSTALL_KEPT_SETS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "base/hash_file.h"
#include "loader/install/file_facts.h"
#include "loader/install/place.h"
#include "trust/ids.h"
#include "trust/trusted_state.h"

namespace mig::loader {

struct KeptFile {
  std::string name;  // the component's
  FileFacts facts;   // without attributes: the journal remembers those

  friend bool operator==(const KeptFile&, const KeptFile&) = default;
};

struct KeptSet {
  std::optional<trust::Installed> release;  // absent: a foreign agent's files
  std::vector<KeptFile> files;              // sorted by name

  const KeptFile* Find(absl::string_view name) const;

  friend bool operator==(const KeptSet&, const KeptSet&) = default;
};

struct NextSet {
  trust::AttemptId transaction;
  KeptSet set;

  friend bool operator==(const NextSet&, const NextSet&) = default;
};

// The kept copies of one product. One thread at a time; the caller holds the loader's lock.
class KeptSets {
 public:
  // Makes the directories if they are missing. A damaged `sets` counts as an empty one: copies
  // are found by their digests all the same.
  static absl::StatusOr<KeptSets> Open(const Place& place, absl::string_view product);

  const std::optional<KeptSet>& current() const { return sets_.current; }
  const std::optional<KeptSet>& previous() const { return sets_.previous; }
  const std::optional<NextSet>& next() const { return sets_.next; }

  // The copy's path below the state directory, for the journal.
  std::string KeptName(const base::Digest& digest) const;

  // Whether the copy is there and reads back whole. A damaged one is removed.
  absl::StatusOr<bool> Verify(const base::FileDigest& content);

  // Makes a real copy (or reflink) of `source`, fsynced and read back; nothing if a good one is
  // there. Its name is durable after Sync. DataLoss: `source` is not `content`.
  absl::Status Copy(base::File& source, const base::FileDigest& content);

  // The names of all copies are durable when this returns.
  absl::Status Sync();

  // NotFound if there is no such copy. Its bytes are not verified.
  absl::StatusOr<std::unique_ptr<base::File>> OpenCopy(const base::Digest& digest);

  // Durable rewrites of `sets`. A set may be named before all its copies are made.

  // What is installed now: for adopted files. A current set of another release becomes previous.
  absl::Status SetCurrent(KeptSet set);
  // `next` is being made. If there is no current set, `replaced` is. The previous set goes, unless
  // `next` is of the current set's release (a repair).
  absl::Status BeginNext(NextSet next, KeptSet replaced);
  // `next` becomes current, current becomes previous; in a repair previous stays.
  absl::Status Promote();
  absl::Status DropNext();

  // Removes copies that neither a set nor `also` has.
  absl::Status Collect(const std::vector<base::Digest>& also);

 private:
  struct Sets {
    std::optional<KeptSet> current;
    std::optional<KeptSet> previous;
    std::optional<NextSet> next;
  };

  KeptSets(std::string product, std::unique_ptr<base::Directory> directory)
      : product_(std::move(product)), directory_(std::move(directory)) {}

  absl::Status Rewrite(Sets sets);
  static std::string Encode(const Sets& sets);
  static absl::StatusOr<Sets> Decode(absl::string_view text);

  std::string product_;
  std::unique_ptr<base::Directory> directory_;
  Sets sets_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_INSTALL_KEPT_SETS_H_
