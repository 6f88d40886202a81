// Steps of the loader that mutants carry out in another order. A program that links this calls the
// loader's own functions through here (ld's --wrap, tests/crash/BUILD.bazel); each does as the
// shipped one, unless a machine of this thread has a mutant at work (mutant_disk.h). A name that is
// wrong is never called: then its mutant survives, and the gate is red.

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "loader/install/compare.h"
#include "loader/install/journal.h"
#include "loader/install/moves.h"
#include "loader/install/transaction.h"
#include "loader/run/documents/trust_session.h"
#include "loader/run/install/conclude.h"
#include "loader/run/session/effort.h"
#include "loader/run/session/outcomes.h"
#include "loader/run/session/session.h"
#include "tests/crash/mutant_disk.h"
#include "tests/crash/mutation.h"

#define MIG_CRASH_SAVE "_ZN3mig6loader12TrustSession4SaveEv"
#define MIG_CRASH_CONCLUDE "_ZN3mig6loader8ConcludeERNS0_7SessionENS0_11TransactionERNS0_6EffortE"
#define MIG_CRASH_PREPARE "_ZN3mig6loader5Moves7PrepareENS0_4SideENS0_6BeliefE"
#define MIG_CRASH_KEEP_NEW "_ZN3mig6loader11Transaction7KeepNewERKSt6vectorINS0_9ComponentESaIS3_EE"

namespace mig::tests {

using loader::Belief;
using loader::Component;
using loader::Concluded;
using loader::Effort;
using loader::Journal;
using loader::MissingContent;
using loader::Moves;
using loader::Phase;
using loader::Session;
using loader::Side;
using loader::Transaction;
using loader::TrustSession;
using Missing = absl::StatusOr<std::vector<MissingContent>>;

// A member function is called as a function of its object.
absl::Status RealSave(TrustSession* trust) asm("__real_" MIG_CRASH_SAVE);
absl::Status WrapSave(TrustSession* trust) asm("__wrap_" MIG_CRASH_SAVE);
absl::StatusOr<Concluded> RealConclude(Session& session, Transaction transaction,
                                       Effort& effort) asm("__real_" MIG_CRASH_CONCLUDE);
absl::StatusOr<Concluded> WrapConclude(Session& session, Transaction transaction,
                                       Effort& effort) asm("__wrap_" MIG_CRASH_CONCLUDE);
Missing RealPrepare(Moves* moves, Side side, Belief belief) asm("__real_" MIG_CRASH_PREPARE);
Missing WrapPrepare(Moves* moves, Side side, Belief belief) asm("__wrap_" MIG_CRASH_PREPARE);
absl::Status RealKeepNew(Transaction* transaction, const std::vector<Component>& components) asm(
    "__real_" MIG_CRASH_KEEP_NEW);
absl::Status WrapKeepNew(Transaction* transaction, const std::vector<Component>& components) asm(
    "__wrap_" MIG_CRASH_KEEP_NEW);

namespace {

using Step = Mutant::Step;

constexpr absl::string_view kState = "/var/lib/mig-loader";
constexpr absl::string_view kKept = "/var/lib/mig-loader/kept/agent";

Step Now() {
  const MutantAtWork* const work = AtWork();
  return work == nullptr ? Step::kNone : work->mutant.step;
}

void WriteDone(Journal journal) {
  journal.phase = Phase::kDone;
  const auto state = AtWork()->disk.OpenRoot(kState);
  if (state.ok()) loader::WriteJournal(**state, journal).IgnoreError();
}

// All copies that `components` does not have.
void DropOldCopies(const std::vector<Component>& components) {
  std::set<std::string> names = {"sets"};
  for (const Component& component : components) names.insert(component.content.digest.ToHex());
  const auto kept = AtWork()->disk.OpenRoot(kKept);
  if (!kept.ok()) return;
  const auto entries = (*kept)->List(1'000);
  if (!entries.ok()) return;
  for (const base::DirectoryEntry& entry : *entries) {
    if (!names.contains(entry.name)) (*kept)->Unlink(entry.name).IgnoreError();
  }
  (*kept)->Sync().IgnoreError();
}

}  // namespace

absl::Status WrapSave(TrustSession* trust) {
  if (Now() == Step::kSaveSeenAfterRenames && !AtWork()->HasJournal()) return absl::OkStatus();
  return RealSave(trust);
}

absl::StatusOr<Concluded> WrapConclude(Session& session, Transaction transaction, Effort& effort) {
  if (Now() == Step::kReportBeforeRenames && transaction.phase() == Phase::kCommitted) {
    Journal ended = transaction.journal();
    ended.phase = Phase::kDone;
    session.ReportDurably(loader::OutcomeOf(ended, nullptr, session.host.clock.WallNow()))
        .IgnoreError();
  }
  return RealConclude(session, std::move(transaction), effort);
}

Missing WrapPrepare(Moves* moves, Side side, Belief belief) {
  return RealPrepare(moves, side, Now() == Step::kBelieveStaged ? Belief::kJustVerified : belief);
}

absl::Status WrapKeepNew(Transaction* transaction, const std::vector<Component>& components) {
  const absl::Status kept = RealKeepNew(transaction, components);
  if (Now() == Step::kDoneBeforeProbation) WriteDone(transaction->journal());
  if (Now() == Step::kDropKeptBeforeDone) DropOldCopies(components);
  return kept;
}

}  // namespace mig::tests
