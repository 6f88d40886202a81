// An install from its commit point on: steps 4 to 6 of DESIGN.md 5. The caller drives it, and does
// what is not about files: stopping, starting and watching the agent, trusted state, outcome.
//
//   forward:  COMMITTED -ReplaceFiles-> ACTIVATING -(KeepNew)-Finish-> DONE -Close-> no journal
//   back:     ACTIVATING -GoBack-> REACTIVATING -FinishGoingBack-> REVERTED -Close-> no journal
//
// The journal's phase is durable when a step returns ok. Between two steps the process may die:
// Recover (recover.h) gives the transaction again, and the same steps go on.

#ifndef MIG_LOADER_INSTALL_TRANSACTION_H_
#define MIG_LOADER_INSTALL_TRANSACTION_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/byte_stream.h"
#include "base/file_system.h"
#include "loader/install/compare.h"
#include "loader/install/journal.h"
#include "loader/install/kept_sets.h"
#include "loader/install/moves.h"
#include "loader/install/partial_file.h"
#include "loader/install/place.h"

namespace mig::loader {

// Move-only. One thread at a time; the caller holds the loader's lock.
class Transaction {
 public:
  // The commit point: writes `journal` with phase COMMITTED; its staged files were just verified.
  // After an error there is no journal of this transaction, or (if that could not be made sure)
  // Recover finds one. FailedPrecondition, and nothing is changed: a journal is there already; the
  // message names the product of which an install is unfinished.
  //
  // `superseded`, if any, is the unfinished transaction, of the same product, whose place this one
  // takes in one rename: its files can be made whole neither forward nor back, and this one's were
  // all staged and verified. After an error one of the two is there, for Recover.
  static absl::StatusOr<Transaction> Commit(
      const Place& place, Journal journal,
      const std::optional<trust::AttemptId>& superseded = std::nullopt);

  // Goes on with a journal that is on disk. For Recover, which looks at the files first.
  static absl::StatusOr<Transaction> Open(const Place& place, Journal journal);

  Transaction(Transaction&&) = default;
  Transaction& operator=(Transaction&&) = default;

  const Journal& journal() const { return journal_; }
  Phase phase() const { return journal_.phase; }

  // Whether each old file has a kept copy (not: whether it is still whole).
  bool HasWayBack() const;

  // Step 4. Renames each staged file over its target, removes what is retired, makes it durable;
  // then ACTIVATING. What is right already is left, so that it can be called again. After an error
  // the phase is still COMMITTED: call Recover, which can also go back.
  // MIG_CHECKs phase COMMITTED.
  absl::Status ReplaceFiles();

  // Step 5, while the agent is watched: copies every file of the new release into the kept set.
  // `components`: all of them, changed or not, but those that Compare left alone. The previous set
  // goes first (unless this is a repair): it is what a full disk can do without. After an error the
  // transaction may go on without: the next one then makes the copies that it needs. MIG_CHECKs
  // phase ACTIVATING.
  absl::Status KeepNew(const std::vector<Component>& components);

  // Step 6, healthy: DONE, then the new kept set takes its place. MIG_CHECKs phase ACTIVATING.
  absl::Status Finish();

  // Step 6, unhealthy: REVERTING, then each old file is put back from its kept copy and what is
  // new is removed, durably, then REACTIVATING. Stop the agent before. `why` and `agent_output`
  // are kept for the outcome; bounded here to what the journal takes.
  //
  // NO_WAY_BACK, KEPT_SET_DAMAGED: an old file has no kept copy, or a damaged one (the message
  // names it): nothing was renamed, the phase is as before. After another error: call Recover.
  // MIG_CHECKs phase COMMITTED or ACTIVATING.
  absl::Status GoBack(const v1::Refusal& why, absl::string_view agent_output);

  // The old agent runs again, or `unhealthy` says why not: REVERTED.
  // MIG_CHECKs phase REACTIVATING.
  absl::Status FinishGoingBack(const v1::Refusal* unhealthy);

  // `installed` and the outcome are durable: the journal goes, and copies that no set has.
  // MIG_CHECKs phase DONE or REVERTED.
  absl::Status Close();

  // What Recover could not find on this host comes from elsewhere; call Recover again after all of
  // it, with the same GoingBack. Errors as Staging::Stage. MIG_CHECKs that a file of the journal
  // has this name, and this content before or after.
  absl::Status Supply(const MissingContent& missing,
                      absl::FunctionRef<absl::Status(PartialFile& part)> fill);
  absl::Status Supply(const MissingContent& missing, base::ByteSource& contents);

 private:
  Transaction(Place place, Journal journal, std::unique_ptr<base::Directory> state, KeptSets kept)
      : place_(std::move(place)),
        journal_(std::move(journal)),
        state_(std::move(state)),
        kept_(std::move(kept)) {}

  friend class Recoverer;  // recover.cc: the same steps, on what it found

  absl::Status Enter(Phase phase);
  absl::Status EnterReverting(const v1::Refusal& why, absl::string_view agent_output);
  absl::Status SettleKeptSets();

  Place place_;
  Journal journal_;
  std::unique_ptr<base::Directory> state_;
  KeptSets kept_;
  Belief belief_ = Belief::kReadAll;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_INSTALL_TRANSACTION_H_
