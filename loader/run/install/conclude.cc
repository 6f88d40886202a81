#include "loader/run/install/conclude.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "loader/install/component_error.h"
#include "loader/install/recover.h"
#include "loader/run/install/going_back.h"
#include "loader/run/views/local_view.h"
#include "loader/run/views/release_files.h"
#include "trust/refusal.h"
#include "trust/seen.h"

namespace mig::loader {

namespace {

using Change = ProductResult::Change;

// A product that left the dictionary meanwhile has no agent any more; its files are finished all
// the same.
Product ProductOf(const Dictionary& dictionary, const std::string& name) {
  const Product* product = dictionary.Find(name);
  if (product != nullptr) return *product;
  Product gone;
  gone.name = name;
  gone.agent.product = name;
  return gone;
}

// Whether there is an agent to run. After going back from a first install there is none.
bool HasProgram(base::FileSystem& disk, const AgentSpec& spec) {
  const std::vector<std::string>& argv =
      spec.activation == Activation::kSelfInstalling ? spec.install : spec.command;
  if (spec.activation == Activation::kNone || argv.empty()) return false;
  const size_t slash = argv.front().rfind('/');
  const std::string directory = slash == 0 ? "/" : argv.front().substr(0, slash);
  const absl::StatusOr<std::unique_ptr<base::Directory>> opened = disk.OpenRoot(directory);
  if (!opened.ok()) return !absl::IsNotFound(opened.status());
  return !absl::IsNotFound((*opened)->Stat(argv.front().substr(slash + 1)).status());
}

v1::Refusal Bounded(v1::Refusal refusal) {
  if (refusal.text().size() > base::kMaxReportTextBytes) {
    refusal.set_text(base::Escaped(refusal.text(), base::kMaxReportTextBytes - 8));
  }
  return refusal;
}

v1::Refusal Healthy() {
  v1::Refusal refusal;
  refusal.set_code(v1::Refusal::NONE);
  return refusal;
}

class Concluder {
 public:
  Concluder(Session& session, Transaction transaction, Effort& effort)
      : session_(session),
        effort_(effort),
        transaction_(std::move(transaction)),
        product_(ProductOf(session.host.dictionary, facts().product)),
        spec_(SpecOf(session, product_, facts().to)),
        old_spec_(SpecOf(session, product_, facts().from)) {}

  absl::StatusOr<Concluded> Run() {
    // Each step leads to a later phase, so this ends; the bound is for a bug of ours.
    for (int step = 0; step < 8; ++step) {
      switch (transaction_.phase()) {
        case Phase::kCommitted:
          MIG_RETURN_IF_ERROR(ReplaceFiles());
          break;
        case Phase::kActivating:
          MIG_RETURN_IF_ERROR(ActivateAndWatch());
          break;
        case Phase::kReverting:
          MIG_RETURN_IF_ERROR(RecoverFiles(absl::OkStatus()));
          break;
        case Phase::kReactivating:
          MIG_RETURN_IF_ERROR(ActivateOld());
          break;
        case Phase::kDone:
          return SettleDone();
        case Phase::kReverted:
          return SettleReverted();
      }
    }
    return trust::Refuse(v1::Refusal::INTERNAL, "a transaction does not come to its end");
  }

 private:
  const TransactionFacts& facts() const { return transaction_.journal().facts; }
  Services& services() { return session_.host.services; }

  // Step 4.
  absl::Status ReplaceFiles() {
    effort_.Enter(v1::Outcome::COMMIT);
    if (product_.is_held) {
      const absl::Status held = services().Hold(spec_);
      if (!held.ok()) session_.notes().push_back(absl::StrCat("hold: ", held.message()));
    }
    const absl::Status replaced = transaction_.ReplaceFiles();
    return replaced.ok() ? replaced : RecoverFiles(replaced);
  }

  // The disk failed in the middle: what Recover can do, forward or back, is done now.
  absl::Status RecoverFiles(const absl::Status& why) {
    if (has_recovered_) return why.ok() ? absl::DataLossError("cannot be recovered now") : why;
    has_recovered_ = true;
    const WayBack way_back = WayBackTo(session_, facts().product, facts().from);
    MIG_ASSIGN_OR_RETURN(Recovery recovery,
                         Recover(session_.host.place(), session_.trust().state().host_id,
                                 way_back.going_back, way_back.release));
    for (const Notice& notice : recovery.notices) session_.ReportNotice(notice, facts().product);
    if (!recovery.transaction.has_value() || !recovery.missing.empty()) {
      return why.ok() ? absl::DataLossError("contents are missing") : why;
    }
    transaction_ = *std::move(recovery.transaction);
    return absl::OkStatus();
  }

  // Step 5.
  absl::Status ActivateAndWatch() {
    effort_.Enter(v1::Outcome::ACTIVATE);
    session_.CountActivation();
    const absl::Status activated = services().Activate(spec_);
    if (!activated.ok()) return TurnBack(Unstartable(activated), "");
    effort_.Enter(v1::Outcome::HEALTH);
    KeepNew();
    const Health health = services().Watch(spec_, product_.probation);
    if (!health.ok()) return TurnBack(health.ToRefusal(), health.output);
    return transaction_.Finish();
  }

  static v1::Refusal Unstartable(const absl::Status& why) {
    return trust::ToMessage(why, v1::Refusal::START);
  }

  // During the probation. The next install makes the copies that this one could not.
  void KeepNew() {
    const rollout::CheckedManifest* manifest =
        session_.trust().held().manifest(facts().to.manifest);
    if (manifest == nullptr) return;
    const absl::StatusOr<ReleaseFiles> files =
        ResolveRelease(session_.host.dictionary, manifest->manifest(), facts().to.variant);
    if (!files.ok()) return;
    const absl::Status kept = transaction_.KeepNew(files->components);
    if (!kept.ok()) session_.notes().push_back(absl::StrCat("kept set: ", kept.message()));
  }

  // Step 6, unhealthy.
  absl::Status TurnBack(const v1::Refusal& why, absl::string_view output) {
    effort_.Enter(v1::Outcome::REVERT);
    const absl::Status stopped = services().Stop(spec_);
    if (!stopped.ok()) session_.notes().push_back(absl::StrCat("stop: ", stopped.message()));
    if (GoingBackTo(session_, facts().product, facts().from) == GoingBack::kBelowFloor) {
      return StayUnwell(why, trust::Refuse(v1::Refusal::BELOW_FLOOR,
                                           absl::StrCat("what was installed before is below the ",
                                                        "floor of ", facts().product,
                                                        " and is not put back; publish a release "
                                                        "that works")));
    }
    const absl::Status back = transaction_.GoBack(Bounded(why), output);
    const std::optional<v1::Refusal::Code> code = trust::RefusalOf(back);
    if (code == v1::Refusal::NO_WAY_BACK || code == v1::Refusal::KEPT_SET_DAMAGED) {
      return StayUnwell(why, back);
    }
    return back;
  }

  // Nothing can be put back: the new set stays where it is, runs as well as it can, and both are
  // reported, once (ADVERSARY 130: no ping-pong).
  absl::Status StayUnwell(const v1::Refusal& why, const absl::Status& no_way) {
    services().Start(spec_).IgnoreError();
    v1::Refusal refusal = trust::ToMessage(no_way, v1::Refusal::NO_WAY_BACK);
    refusal.set_text(absl::StrCat(trust::DisplayOf(why), " ", why.text(), "; ", no_way.message()));
    component_ = ComponentOf(no_way);
    unwell_ = Bounded(refusal);
    // Before DONE: a run that is killed after it must not report this as healthy.
    MarkBadHere(why);
    MIG_RETURN_IF_ERROR(session_.trust().Save());
    Journal ended = transaction_.journal();
    ended.phase = Phase::kDone;
    MIG_RETURN_IF_ERROR(session_.ReportDurably(OutcomeNow(ended)));
    return transaction_.Finish();
  }

  absl::Status ActivateOld() {
    effort_.Enter(v1::Outcome::REVERT);
    if (!HasProgram(session_.host.disk, old_spec_)) return transaction_.FinishGoingBack(nullptr);
    session_.CountActivation();
    const absl::Status activated = services().Activate(old_spec_);
    v1::Refusal unwell;
    if (!activated.ok()) {
      unwell = Unstartable(activated);
    } else {
      const Health health = services().Watch(old_spec_, product_.probation);
      if (health.ok()) return transaction_.FinishGoingBack(nullptr);
      unwell = health.ToRefusal();
    }
    const v1::Refusal& first = transaction_.journal().refusal.value_or(v1::Refusal());
    v1::Refusal both;
    both.set_code(v1::Refusal::KEPT_SET_UNHEALTHY);
    both.set_text(absl::StrCat("new: ", trust::DisplayOf(first),
                               "; put back: ", trust::DisplayOf(unwell), " ", unwell.text()));
    both = Bounded(both);
    return transaction_.FinishGoingBack(&both);
  }

  absl::StatusOr<Concluded> SettleDone() {
    trust::TrustedProduct& trusted = session_.trust().product(facts().product);
    if (trusted.installed != facts().to) {
      const bool other_variant = facts().from.has_value() &&
                                 facts().from->manifest == facts().to.manifest &&
                                 facts().from->variant != facts().to.variant;
      if (other_variant) trusted.variant_changed = facts().started;
      if (facts().kind != v1::Outcome::REPAIR) trusted.previous = facts().from;
      trusted.installed = facts().to;
    }
    // Where the state was lost before the journal could be finished.
    const rollout::CheckedManifest* manifest =
        session_.trust().held().manifest(facts().to.manifest);
    if (manifest != nullptr) trust::MoveSeen(session_.trust().state(), manifest->verified());
    MIG_RETURN_IF_ERROR(Close());
    SetHealth(unwell_.value_or(Healthy()));
    if (facts().kind != v1::Outcome::REPAIR) session_.status().ForgetRestarts(facts().product);
    if (unwell_.has_value()) return Concluded{.change = Change::kCannotGoBack, .refusal = *unwell_};
    return Concluded{
        .change = facts().kind == v1::Outcome::REPAIR ? Change::kRepaired : Change::kInstalled,
        .refusal = Healthy()};
  }

  absl::StatusOr<Concluded> SettleReverted() {
    const v1::Refusal why = transaction_.journal().refusal.value_or(v1::Refusal());
    // Contents that were lost say nothing about the release.
    if (why.code() != v1::Refusal::INTERRUPTED) MarkBadHere(why);
    const v1::Outcome outcome = OutcomeOf(transaction_.journal(), nullptr, Now());
    MIG_RETURN_IF_ERROR(Close());
    const bool stuck = outcome.result() == v1::Outcome::CANNOT_GO_BACK;
    SetHealth(stuck ? outcome.refusal() : Healthy());
    return Concluded{.change = stuck ? Change::kCannotGoBack : Change::kWentBack,
                     .refusal = outcome.refusal()};
  }

  // For `status`; the next check-in asks the agent again.
  void SetHealth(const v1::Refusal& found) {
    StatusRecord& status = session_.status();
    const bool is_well = found.code() == v1::Refusal::NONE;
    if (!HasProgram(session_.host.disk, spec_)) {
      return status.SetHealth(facts().product, v1::ProductState::NOT_ASKED, Now());
    }
    status.SetHealth(facts().product,
                     is_well ? v1::ProductState::HEALTHY : v1::ProductState::UNHEALTHY, Now());
    status.SetUnwell(facts().product, {.code = found.code(),
                                       .exit_status = found.exit_status(),
                                       .text = found.text(),
                                       .output = {}});
  }

  // A repair that does not help says nothing about the release either: it ran here before.
  void MarkBadHere(const v1::Refusal& why) {
    if (facts().kind == v1::Outcome::REPAIR) return;
    std::optional<absl::Time> plan_issued;
    if (facts().plan.has_value()) plan_issued = facts().plan_issued;
    trust::MarkBad(session_.trust().product(facts().product), {.manifest = facts().to.manifest,
                                                               .code = why.code(),
                                                               .plan_issued = plan_issued,
                                                               .exit_status = why.exit_status()});
  }

  // State and outcome first, durably; an outcome that is there already (this is done again after a
  // kill) stays as it is.
  absl::Status Close() {
    MIG_RETURN_IF_ERROR(session_.trust().Save());
    MIG_RETURN_IF_ERROR(session_.ReportDurably(OutcomeNow(transaction_.journal())));
    return transaction_.Close();
  }

  v1::Outcome OutcomeNow(const Journal& journal) {
    v1::Outcome outcome = OutcomeOf(journal, unwell_.has_value() ? &*unwell_ : nullptr, Now());
    outcome.set_component(component_);
    effort_.WriteTo(outcome);
    return outcome;
  }

  absl::Time Now() { return session_.host.clock.WallNow(); }

  Session& session_;
  Effort& effort_;
  Transaction transaction_;
  const Product product_;
  const AgentSpec spec_;      // asked to be of the new release
  const AgentSpec old_spec_;  // and of the old one
  bool has_recovered_ = false;
  std::optional<v1::Refusal> unwell_;
  std::string component_;  // at which it failed; empty: none in particular
};

}  // namespace

absl::StatusOr<Concluded> Conclude(Session& session, Transaction transaction, Effort& effort) {
  return Concluder(session, std::move(transaction), effort).Run();
}

}  // namespace mig::loader
