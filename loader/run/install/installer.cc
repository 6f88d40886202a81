#include "loader/run/install/installer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "loader/install/adopt.h"
#include "loader/install/component_error.h"
#include "loader/run/check_in/clock_judge.h"
#include "loader/run/install/adopt.h"
#include "loader/run/install/fetch_rest.h"
#include "loader/run/views/installed.h"
#include "loader/run/views/release_files.h"
#include "trust/refusal.h"
#include "trust/seen.h"

namespace mig::loader {

namespace {

// How often one install asks again because an assignment's life, or its ticket, was over.
constexpr int kMaxRenewals = 3;

// What another run may not meet: what is staged is worth keeping.
bool MayPass(const absl::Status& status) {
  switch (trust::RefusalOf(status).value_or(v1::Refusal::REFUSAL_UNSPECIFIED)) {
    case v1::Refusal::ASSIGNMENT_OVER:
    case v1::Refusal::TICKET:
    case v1::Refusal::SLOW:
    case v1::Refusal::UNAVAILABLE:
    case v1::Refusal::RATE_LIMIT:
    case v1::Refusal::LENGTH:
    case v1::Refusal::WINDOW:
    case v1::Refusal::TOO_EARLY:
    case v1::Refusal::WAVES_CLOSED:
    case v1::Refusal::SNAPSHOT_OLD:
      return true;
    default:
      return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
  }
}

absl::Status CheckObserved(const Product& product, const Comparison& comparison) {
  if (comparison.observed.empty()) return absl::OkStatus();
  return trust::Refuse(
      v1::Refusal::PACKAGE_OWNED,
      absl::StrCat(product.name, ": ", absl::StrJoin(comparison.observed, ", "),
                   " differ, and the dictionary says to observe them: reported, not written. Take "
                   "`observe` out once no package owns them"));
}

}  // namespace

absl::StatusOr<Concluded> Installer::Install(trust::AssignmentItem item) {
  effort_.Enter(v1::Outcome::ADMIT);
  TrustSession& trust = session_.trust();
  const rollout::CheckedManifest& checked = *trust.held().manifest(item.manifest);
  MIG_ASSIGN_OR_RETURN(const ReleaseFiles files,
                       ResolveRelease(session_.host.dictionary, checked.manifest(), item.variant));
  const ReleaseFiles installed =
      InstalledFiles(session_.host.dictionary, trust.held(), trust.state(), product_.name)
          .value_or(ReleaseFiles());
  MIG_RETURN_IF_ERROR(CheckRetired(installed.components, files, checked.manifest()));
  MIG_ASSIGN_OR_RETURN(Comparison comparison, Compare(files, installed.components, local_.files));
  MIG_RETURN_IF_ERROR(CheckObserved(product_, comparison));
  RemoveWhatWasAdded(files, comparison.changes);
  if (!comparison.changes.empty()) {
    MIG_RETURN_IF_ERROR(
        session_.status().CheckActivations(session_.host.config, session_.host.clock.WallNow()));
  }
  trust::MoveSeen(trust.state(), checked.verified());
  MIG_RETURN_IF_ERROR(trust.Save());
  NoteKeptLocal(session_, product_.name, comparison.kept_local);
  if (comparison.changes.empty() && unfinished_ != nullptr) {
    return trust::Refuse(v1::Refusal::INTERRUPTED,
                         absl::StrCat(product_.name,
                                      ": an unfinished install is in the way of what "
                                      "is there already; roll out another release"));
  }
  if (comparison.changes.empty()) return Adopt(std::move(item), files);

  TransactionFacts facts =
      NewFacts(v1::Outcome::INSTALL, {.manifest = item.manifest, .variant = item.variant});
  return Carry(std::move(comparison.changes), std::move(facts), std::move(item));
}

// What an install that never ended added, and the release that takes its place does not have, is of
// no release that was ever installed here: nobody else would name it `retired`.
void Installer::RemoveWhatWasAdded(const ReleaseFiles& files,
                                   std::vector<FileChange>& changes) const {
  if (unfinished_ == nullptr) return;
  const auto has = [](const auto& list, const Target& target) {
    return std::any_of(list.begin(), list.end(), [&target](const auto& entry) {
      return entry.target.path() == target.path();
    });
  };
  for (const JournalFile& file : unfinished_->files) {
    if (file.before.has_value()) continue;
    const LocalFile* there = local_.files.Find(product_.name, file.name);
    if (there == nullptr || there->state == LocalState::kMissing) continue;
    const bool is_named = has(files.components, there->target) || has(changes, there->target);
    if (!is_named) changes.push_back({.target = there->target});
  }
}

// There is no journal for it: until the last write nothing but copies is new, and each step may be
// done again.
absl::StatusOr<Concluded> Installer::Adopt(trust::AssignmentItem item, const ReleaseFiles& files) {
  effort_.Enter(v1::Outcome::KEEP);
  MIG_ASSIGN_OR_RETURN(Adoption adoption,
                       Adoption::Begin(session_.host.place(), product_.name, files.components));
  MIG_RETURN_IF_ERROR(JudgeAgain(item));
  effort_.Enter(v1::Outcome::COMMIT);
  MIG_RETURN_IF_ERROR(
      std::move(adoption).Commit({.manifest = item.manifest, .variant = item.variant}));
  return RecordAdopted(session_, product_, item, started_, effort_);
}

absl::StatusOr<Concluded> Installer::Repair() {
  effort_.Enter(v1::Outcome::SCAN);
  TrustSession& trust = session_.trust();
  const trust::TrustedProduct* trusted = trust.state().product(product_.name);
  Concluded nothing;
  nothing.refusal.set_code(v1::Refusal::NONE);
  if (trusted == nullptr || !trusted->installed.has_value()) return nothing;
  const std::optional<ReleaseFiles> files =
      InstalledFiles(session_.host.dictionary, trust.held(), trust.state(), product_.name);
  if (!files.has_value()) return nothing;
  MIG_ASSIGN_OR_RETURN(Comparison comparison, CompareInstalled(*files, local_.files));
  if (comparison.changes.empty()) return nothing;

  MIG_RETURN_IF_ERROR(JudgeRepair(*trusted->installed));
  MIG_RETURN_IF_ERROR(
      session_.status().CheckActivations(session_.host.config, session_.host.clock.WallNow()));
  return Carry(std::move(comparison.changes), NewFacts(v1::Outcome::REPAIR, *trusted->installed),
               std::nullopt);
}

// Asked before anything is fetched, and again at the commit point: a check-in meanwhile may have
// brought a root that withdraws this release, or raises the floor above it.
absl::Status Installer::JudgeRepair(const trust::Installed& release) {
  effort_.Enter(v1::Outcome::ADMIT);
  TrustSession& trust = session_.trust();
  const trust::TrustedProduct* trusted = trust.state().product(product_.name);
  if (trusted == nullptr || trusted->installed != release) {
    return trust::Refuse(v1::Refusal::NO_PLAN,
                         absl::StrCat(product_.name, ": what was to be repaired is not what is ",
                                      "installed any more; the next run looks again"));
  }
  MIG_ASSIGN_OR_RETURN(const SelfView self, LookAtSelf(session_.host, trust.held(), trust.state()));
  return rollout::JudgeRepair(trust.held().View(), ViewOf(session_.host, self, trust.state()),
                              product_.name);
}

TransactionFacts Installer::NewFacts(v1::Outcome::Kind kind, const trust::Installed& to) const {
  const trust::TrustedState& state = session_.trust().state();
  const trust::TrustedProduct* trusted = state.product(product_.name);
  return {.id = trust::AttemptId::Random(session_.host.random),
          .host_id = *state.host_id,
          .kind = kind,
          .product = product_.name,
          .from = trusted == nullptr ? std::nullopt : trusted->installed,
          .to = to,
          .boot = BootMarkOf(session_.host.clock.BootId()),
          .started = started_};
}

void Installer::SetPlan(const trust::AssignmentItem& item, TransactionFacts& facts) const {
  const rollout::CheckedPlan& plan = *session_.trust().held().plan(*item.plan);
  facts.plan = plan.digest();
  facts.plan_issued = plan.plan().head().issued;
  facts.rollout = plan.plan().rollout();
}

// The six steps of an install (DESIGN.md 5).
absl::StatusOr<Concluded> Installer::Carry(std::vector<FileChange> changes, TransactionFacts facts,
                                           std::optional<trust::AssignmentItem> item) {
  effort_.Enter(v1::Outcome::STAGE);
  MIG_ASSIGN_OR_RETURN(Staging staging,
                       Staging::Begin(session_.host.place(), product_.name, std::move(changes)));
  absl::Status ready = StageAll(staging);    // 1
  if (ready.ok()) ready = KeepOld(staging);  // 2
  if (ready.ok()) ready = item.has_value() ? JudgeAgain(*item) : JudgeRepair(facts.to);
  if (!ready.ok()) {
    if (MayPass(ready) && !is_withdrawn_) {
      left_for_later_ = staging.changes();
      std::move(staging).LeaveForLater();
    }
    return ready;
  }
  effort_.Enter(v1::Outcome::COMMIT);  // 3
  if (item.has_value()) SetPlan(*item, facts);
  std::optional<trust::AttemptId> superseded;
  if (unfinished_ != nullptr) superseded = unfinished_->facts.id;
  MIG_ASSIGN_OR_RETURN(Transaction transaction, std::move(staging).Commit(facts, superseded));
  return Conclude(session_, std::move(transaction), effort_);  // 4, 5, 6
}

absl::Status Installer::StageAll(Staging& staging) {
  for (size_t i = 0; i < staging.changes().size(); ++i) {
    MIG_RETURN_IF_ERROR(AtComponent(staging.changes()[i].target.name, StageOne(staging, i)));
  }
  return absl::OkStatus();
}

// What was resumed and has another digest is got once more, from its first byte: an earlier part
// may be damaged, or the coordinator's file is another one now.
absl::Status Installer::StageOne(Staging& staging, size_t index) {
  for (;;) {
    effort_.Enter(v1::Outcome::STAGE);
    MIG_ASSIGN_OR_RETURN(const Staging::Stagable have, staging.StageFromDisk(index));
    if (have.is_staged) return absl::OkStatus();
    bool is_resumed = false;
    const absl::Status staged = staging.Stage(index, [this, &is_resumed](PartialFile& part) {
      is_resumed = part.is_resumed();
      return Fetch(part);
    });
    if (!is_resumed || trust::RefusalOf(staged) != v1::Refusal::HASH) return staged;
  }
}

absl::Status Installer::Fetch(PartialFile& part) {
  if (part.content().size_bytes == 0) return absl::OkStatus();
  if (exchange_ == nullptr || exchange_->assignment() == nullptr) {
    return trust::Refuse(v1::Refusal::UNAVAILABLE,
                         "its contents are not on this host, and no coordinator gave the right to "
                         "fetch them; the next run tries again");
  }
  effort_.Enter(v1::Outcome::FETCH);
  for (int renewals = 0;; ++renewals) {
    MIG_RETURN_IF_ERROR(session_.CheckDeadline());
    const absl::Status fetched =
        FetchRest(exchange_->client(), exchange_->assignment()->ticket(), part, effort_);
    // A ticket ends with its life, and with the coordinator that made it: so it is asked for again
    // once even while the assignment lives.
    const bool ticket_is_over = trust::RefusalOf(fetched) == v1::Refusal::TICKET;
    const bool is_final = renewals > 0 && exchange_->CheckLives().ok();
    if (fetched.ok()) effort_.Enter(v1::Outcome::STAGE);
    if (!ticket_is_over || renewals == kMaxRenewals || is_final) return fetched;
    MIG_RETURN_IF_ERROR(exchange_->CheckIn());
    if (exchange_->assignment() == nullptr) return fetched;
  }
}

absl::Status Installer::KeepOld(Staging& staging) {
  effort_.Enter(v1::Outcome::KEEP);
  MIG_ASSIGN_OR_RETURN(const Staging::NoWayBack lost, staging.Keep());
  if (lost.empty()) return absl::OkStatus();
  session_.ReportNotice({.code = v1::Refusal::NO_WAY_BACK,
                         .text = absl::StrCat(absl::StrJoin(lost, ", "),
                                              ": damaged before this install, and no good copy is "
                                              "here: it cannot be gone back from")},
                        product_.name);
  return absl::OkStatus();
}

// The commit point: the assignment is alive, or the coordinator says it again; it still names this
// release (a check-in during the download may have changed it); and the host's own facts, the
// plan's window and waves, and the root still let it (R3).
absl::Status Installer::JudgeAgain(trust::AssignmentItem& item) {
  effort_.Enter(v1::Outcome::ADMIT);
  for (int renewals = 0; !exchange_->CheckLives().ok(); ++renewals) {
    if (renewals == kMaxRenewals) return exchange_->CheckLives();
    MIG_RETURN_IF_ERROR(session_.CheckDeadline());
    MIG_RETURN_IF_ERROR(exchange_->CheckIn());
    if (exchange_->assignment() == nullptr) break;
  }
  MIG_RETURN_IF_ERROR(JudgeClock(session_));
  const trust::AssignmentItem* again = exchange_->ItemFor(product_.name);
  if (again == nullptr || again->manifest != item.manifest || again->variant != item.variant ||
      !again->plan.has_value()) {
    is_withdrawn_ = true;
    return trust::Refuse(v1::Refusal::ASSIGNMENT_OVER,
                         absl::StrCat(product_.name,
                                      ": asked again before the commit, the coordinator does not "
                                      "assign this release any more; nothing was changed"));
  }
  // The plan that this run has verified may end meanwhile; another one may not have ended already.
  const auto moment =
      again->plan == item.plan ? rollout::Moment::kCommit : rollout::Moment::kVerify;
  item = *again;
  return exchange_->Judge(item, moment);
}

}  // namespace mig::loader
