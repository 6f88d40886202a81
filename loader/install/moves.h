// The renames of a journal, in either direction: to the set after, or to the set before. Others use
// transaction.h and recover.h.

#ifndef MIG_LOADER_INSTALL_MOVES_H_
#define MIG_LOADER_INSTALL_MOVES_H_

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "base/hash_file.h"
#include "loader/install/file_facts.h"
#include "loader/install/journal.h"
#include "loader/install/kept_sets.h"
#include "loader/install/place.h"

namespace mig::loader {

// One content that neither a staged nor a kept file has any more.
struct MissingContent {
  std::string name;  // the component's
  base::FileDigest content;

  friend bool operator==(const MissingContent&, const MissingContent&) = default;
};

// The set before the transaction, or the one after it.
enum class Side { kBefore, kAfter };

// How far what is on disk is believed.
enum class Belief {
  kJustVerified,  // staged files were read back by this process: a stat is enough
  kReadAll,       // every byte is hashed
};

// What each target is now.
struct TargetState {
  bool is_before = false;
  bool is_after = false;
};

// What the set of `side` has at the file's path; absent: nothing. Going back leaves a file alone
// whose contents the transaction only repaired: then its kept copy is of the new contents.
const std::optional<FileFacts>& FactsOn(Side side, const JournalFile& file);

// One thread at a time; `journal` and `kept` are borrowed.
class Moves {
 public:
  // Opens the targets' directories; errors as OpenTargetDirectory.
  static absl::StatusOr<Moves> Open(const Place& place, const Journal& journal, KeptSets& kept);

  // In the order of the journal's files.
  absl::StatusOr<std::vector<TargetState>> Look();

  // Finds or makes, for each target that is not as `side` has it, a verified staged file beside
  // it: from what is staged, from a kept copy, or from the target itself. Renames no target.
  // Returns what nobody has; while that is not empty, Apply must not be called.
  absl::StatusOr<std::vector<MissingContent>> Prepare(Side side, Belief belief);

  // Renames and removes what Prepare found, then makes it durable. No target's path is missing in
  // between, unless it shall be.
  absl::Status Apply();

 private:
  struct Move {
    size_t index = 0;
    std::string staged_name;  // empty: remove
  };

  Moves(const Journal& journal, KeptSets& kept) : journal_(journal), kept_(kept) {}

  base::Directory& DirectoryOf(const JournalFile& file);
  absl::StatusOr<bool> StageFromAnywhere(const JournalFile& file, const FileFacts& wanted,
                                         Belief belief);
  absl::Status StageFrom(const JournalFile& file, const FileFacts& wanted, base::File& source);

  const Journal& journal_;
  KeptSets& kept_;
  std::map<std::string, std::unique_ptr<base::Directory>> directories_;
  std::vector<Move> moves_;
  bool is_newly_staged_ = false;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_INSTALL_MOVES_H_
