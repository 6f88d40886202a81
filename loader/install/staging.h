// An install up to its commit point: steps 1 to 3 of DESIGN.md 5. Nothing that runs is touched.

#ifndef MIG_LOADER_INSTALL_STAGING_H_
#define MIG_LOADER_INSTALL_STAGING_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/byte_stream.h"
#include "base/file_system.h"
#include "loader/install/compare.h"
#include "loader/install/journal.h"
#include "loader/install/kept_sets.h"
#include "loader/install/partial_file.h"
#include "loader/install/place.h"
#include "loader/install/staged_file.h"
#include "loader/install/transaction.h"

namespace mig::loader {

// The changes of one product being prepared. Move-only; the staged files go with it, unless it was
// committed or left for a later run. One thread at a time; the caller holds the loader's lock.
//
//   MIG_ASSIGN_OR_RETURN(Staging staging, Staging::Begin(place, "agent", changes));
//   for (size_t i = 0; i < staging.changes().size(); ++i) {
//     MIG_ASSIGN_OR_RETURN(const Staging::Stagable have, staging.StageFromDisk(i));
//     if (!have.is_staged) staging.Stage(i, [](PartialFile& part) { ... fetch what it lacks ... });
//   }
//   MIG_ASSIGN_OR_RETURN(const WaysBack ways_back, staging.Keep());
//   ... judge the plan again ...
//   MIG_ASSIGN_OR_RETURN(Transaction transaction, std::move(staging).Commit(facts));
class Staging {
 public:
  // Opens every target's directory and looks at every target. Writes
  // nothing beside them.
  //
  // Errors, each naming component and path:
  //   FailedPrecondition  a target's directory is missing, a link is in its path, others may write
  //                       there; the target is no regular file; or it changed since the scan in
  //                       what it is (file, link, ...)
  //   ResourceExhausted   less space than staged files, kept copies and journal will need, or more
  //                       than 512 changes
  // MIG_CHECKs that `changes` is not empty.
  static absl::StatusOr<Staging> Begin(const Place& place, absl::string_view product,
                                       std::vector<FileChange> changes);

  Staging(Staging&&) = default;
  ~Staging() = default;

  const std::vector<FileChange>& changes() const { return changes_; }

  struct Stagable {
    bool is_staged = false;  // or nothing is to be staged: the file will be removed
    uint64_t offset = 0;     // else: what an earlier run left; fetch from here
  };
  // Stages change `index` from what is on this host already: what an earlier run left, the target
  // itself (when only its mode or owner is wrong), or a kept copy.
  absl::StatusOr<Stagable> StageFromDisk(size_t index);

  // Completes a partial file, from what an earlier run left of it on.
  using Fill = absl::FunctionRef<absl::Status(PartialFile& part)>;
  // Stages change `index`. Errors: of `fill`, after which what came stays for a later run; and as
  // PartialFile::Finish, with the component's name.
  absl::Status Stage(size_t index, Fill fill);
  // The same with what `contents` yields from byte `offset` on: at most what is there already.
  absl::Status Stage(size_t index, uint64_t offset, base::ByteSource& contents);

  // Components of which the old file could not be kept, since it is damaged already and no good
  // copy of it exists: there is no way back from this install. Empty is the rule.
  using NoWayBack = std::vector<std::string>;

  // Makes the staged names durable, then verifies the kept copy of each old file, or makes it now.
  // MIG_CHECKs that all changes are staged.
  absl::StatusOr<NoWayBack> Keep();

  // The commit point: checks that all staged files are untouched, and writes the journal. After
  // an error nothing is committed (what could not be made undone is left to Recover, which then
  // goes on by the journal). FailedPrecondition: another install is unfinished; its journal stays,
  // and what is staged here is left for later. MIG_CHECKs that Keep succeeded.
  // `superseded`: as Transaction::Commit.
  absl::StatusOr<Transaction> Commit(
      const TransactionFacts& facts,
      const std::optional<trust::AttemptId>& superseded = std::nullopt) &&;

  // Keeps what is staged for a later run (the network is away, the assignment's life is over).
  void LeaveForLater() &&;

 private:
  struct Item {
    base::Directory* directory = nullptr;
    std::optional<StagedFile> staged;
    std::string kept_name;
    Attributes old_attributes;  // of the file that is there: named, or taken over
    std::optional<FileFacts> before;
  };

  Staging(Place place, std::string product, std::vector<FileChange> changes, KeptSets kept)
      : place_(std::move(place)),
        product_(std::move(product)),
        changes_(std::move(changes)),
        kept_(std::move(kept)) {}

  absl::Status TakeOverAttributes();
  absl::Status CheckSpace();
  absl::StatusOr<bool> StageFrom(size_t index, base::File& source);
  absl::StatusOr<bool> KeepOld(size_t index);

  Place place_;
  std::string product_;
  std::vector<FileChange> changes_;
  KeptSets kept_;
  std::map<std::string, std::unique_ptr<base::Directory>> directories_;
  std::vector<Item> items_;  // one for each change; destroyed before the directories
  bool is_kept_ = false;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_INSTALL_STAGING_H_
