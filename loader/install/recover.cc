#include "loader/install/recover.h"

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/file_system.h"
#include "base/path.h"
#include "base/status_macros.h"
#include "loader/install/moves.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

// The journal can be followed no more: it goes out of the way, where a person can look at it.
absl::StatusOr<Recovery> SetAside(const Place& place, base::Directory& state,
                                  v1::Refusal::Code code, absl::string_view why) {
  MIG_RETURN_IF_ERROR(state.Rename(kJournalName, state, kSetAsideName));
  MIG_RETURN_IF_ERROR(state.Sync());
  Recovery recovery;
  recovery.notices.push_back(
      {.code = code,
       .text = absl::StrCat(why, "; set aside as ",
                            base::JoinPath(place.state_directory, kSetAsideName),
                            ", the files are judged by their digests")});
  return recovery;
}

// Before the renames: no target is new, and one is neither: the journal is older than the files (a
// restored state). In later phases the agent itself may have changed one, and after going back it
// is the rule that none is new. That a retired file is missing proves nothing: later releases do
// not have it either.
bool IsOfOlderState(const Journal& journal, const std::vector<TargetState>& states) {
  bool is_any_neither = false;
  if (journal.phase != Phase::kCommitted) return false;
  for (size_t i = 0; i < states.size(); ++i) {
    if (states[i].is_after && journal.files[i].after.has_value()) return false;
    is_any_neither = is_any_neither || (!states[i].is_after && !states[i].is_before);
  }
  return is_any_neither;
}

bool IsSettled(Phase phase) { return phase == Phase::kDone || phase == Phase::kReverted; }

}  // namespace

// Makes the files of a transaction whole; knows its steps from inside.
class Recoverer {
 public:
  Recoverer(Transaction transaction, GoingBack going_back,
            const std::vector<Component>& old_release)
      : transaction_(std::move(transaction)), going_back_(going_back), old_release_(old_release) {}

  const Journal& journal() const { return transaction_.journal(); }

  absl::Status Settle() { return transaction_.SettleKeptSets(); }

  absl::StatusOr<std::vector<TargetState>> Look() {
    MIG_ASSIGN_OR_RETURN(Moves moves, OpenMoves());
    return moves.Look();
  }

  // By the phase: forward, else back; or back, else forward. Below the floor: forward.
  absl::Status MakeWhole() {
    // A process that was killed may not have made its last journal durable; what follows needs it.
    MIG_RETURN_IF_ERROR(transaction_.state_->Sync());
    MIG_ASSIGN_OR_RETURN(Moves moves, OpenMoves());
    return IsForward() ? Forward(moves) : Back(moves);
  }

  Recovery Take() {
    recovery_.transaction = std::move(transaction_);
    return std::move(recovery_);
  }

 private:
  absl::StatusOr<Moves> OpenMoves() {
    return Moves::Open(transaction_.place_, transaction_.journal_, transaction_.kept_);
  }

  bool IsForward() const {
    if (going_back_ == GoingBack::kBelowFloor) return true;
    return transaction_.phase() == Phase::kCommitted || transaction_.phase() == Phase::kActivating;
  }

  absl::Status Forward(Moves& moves) {
    MIG_ASSIGN_OR_RETURN(recovery_.missing, moves.Prepare(Side::kAfter, Belief::kReadAll));
    if (recovery_.missing.empty()) return ApplyAndEnter(moves, Phase::kActivating);

    if (going_back_ != GoingBack::kAllowed) return absl::OkStatus();
    AmendWayBack();
    if (!transaction_.HasWayBack()) return absl::OkStatus();
    MIG_ASSIGN_OR_RETURN(recovery_.missing_other, moves.Prepare(Side::kBefore, Belief::kReadAll));
    if (!recovery_.missing_other.empty()) return absl::OkStatus();
    const std::string text =
        absl::StrCat("the new contents of '", recovery_.missing.front().name,
                     "' were lost after the commit point, so the old set was put back");
    recovery_.missing.clear();
    recovery_.notices.push_back({.code = v1::Refusal::INTERRUPTED, .text = text});
    v1::Refusal why;
    why.set_code(v1::Refusal::INTERRUPTED);
    why.set_text(text);
    MIG_RETURN_IF_ERROR(transaction_.EnterReverting(why, ""));
    return ApplyAndEnter(moves, Phase::kReactivating);
  }

  absl::Status Back(Moves& moves) {
    MIG_ASSIGN_OR_RETURN(recovery_.missing, moves.Prepare(Side::kBefore, Belief::kReadAll));
    if (recovery_.missing.empty()) return ApplyAndEnter(moves, Phase::kReactivating);

    recovery_.missing_side = Side::kBefore;
    MIG_ASSIGN_OR_RETURN(recovery_.missing_other, moves.Prepare(Side::kAfter, Belief::kReadAll));
    if (!recovery_.missing_other.empty()) return absl::OkStatus();
    recovery_.notices.push_back(
        {.code = v1::Refusal::KEPT_SET_DAMAGED,
         .text = absl::StrCat("the kept copy of '", recovery_.missing.front().name,
                              "' is damaged or missing, so the new set was kept")});
    recovery_.missing.clear();
    return ApplyAndEnter(moves, Phase::kActivating);
  }

  // Gives old files without a kept copy (they were damaged or gone) what the old release's manifest
  // says. On the disk only with the journal of the next phase, so that an install that goes forward
  // keeps what it had.
  void AmendWayBack() {
    for (JournalFile& file : transaction_.journal_.files) {
      if (!file.kept_name.empty()) continue;
      for (const Component& component : old_release_) {
        if (component.target.name != file.name || component.target.path() != file.path()) continue;
        file.before = component.facts();
        file.kept_name = transaction_.kept_.KeptName(component.content.digest);
      }
    }
  }

  absl::Status ApplyAndEnter(Moves& moves, Phase phase) {
    MIG_RETURN_IF_ERROR(moves.Apply());
    if (transaction_.phase() == phase) return absl::OkStatus();
    return transaction_.Enter(phase);
  }

  Transaction transaction_;
  GoingBack going_back_;
  const std::vector<Component>& old_release_;
  Recovery recovery_;
};

absl::StatusOr<Recovery> Recover(const Place& place, const std::optional<trust::HostId>& host_id,
                                 GoingBack going_back, const std::vector<Component>& old_release) {
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::Directory> state, OpenStateDirectory(place));
  absl::StatusOr<std::optional<Journal>> journal = ReadJournal(*state);
  if (trust::RefusalOf(journal.status()) == v1::Refusal::JOURNAL_DAMAGED) {
    return SetAside(place, *state, v1::Refusal::JOURNAL_DAMAGED, journal.status().message());
  }
  MIG_RETURN_IF_ERROR(journal.status());
  if (!journal->has_value()) return Recovery();
  if (host_id.has_value() && (*journal)->facts.host_id != *host_id) {
    return SetAside(place, *state, v1::Refusal::JOURNAL_FOREIGN, "the journal is another host's");
  }

  const Phase phase = (*journal)->phase;
  MIG_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Open(place, **std::move(journal)));
  Recoverer recoverer(std::move(transaction), going_back, old_release);
  if (IsSettled(phase)) {
    MIG_RETURN_IF_ERROR(recoverer.Settle());
    return recoverer.Take();
  }
  MIG_ASSIGN_OR_RETURN(const std::vector<TargetState> states, recoverer.Look());
  if (IsOfOlderState(recoverer.journal(), states)) {
    return SetAside(place, *state, v1::Refusal::JOURNAL_FOREIGN,
                    "the journal is older than the files (was an old state restored?)");
  }
  MIG_RETURN_IF_ERROR(recoverer.MakeWhole());
  return recoverer.Take();
}

absl::StatusOr<std::optional<Phase>> PeekPhase(const Place& place) {
  const absl::StatusOr<std::unique_ptr<base::Directory>> state =
      place.disk.get().OpenRoot(place.state_directory);
  if (absl::IsNotFound(state.status())) return std::optional<Phase>();
  MIG_RETURN_IF_ERROR(state.status());
  const absl::StatusOr<std::optional<Journal>> journal = ReadJournal(**state);
  if (trust::RefusalOf(journal.status()) == v1::Refusal::JOURNAL_DAMAGED) {
    return std::optional<Phase>();
  }
  MIG_RETURN_IF_ERROR(journal.status());
  if (!journal->has_value()) return std::optional<Phase>();
  return std::optional<Phase>((*journal)->phase);
}

}  // namespace mig::loader
