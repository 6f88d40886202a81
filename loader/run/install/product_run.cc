#include "loader/run/install/product_run.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "loader/install/recover.h"
#include "loader/run/session/failure.h"
#include "loader/run/views/self_view.h"
#include "trust/refusal.h"

namespace mig::loader {

using Change = ProductResult::Change;

ExitCode ExitCodeOf(Change change) {
  switch (change) {
    case Change::kWentBack:
      return ExitCode::kWentBack;
    case Change::kCannotGoBack:
      return ExitCode::kCannotGoBack;
    default:
      return ExitCode::kOk;
  }
}

ProductRun::Ended ProductRun::Go() {
  ended_.result.product = product_.name;
  ended_.result.refusal.set_code(v1::Refusal::NONE);
  ended_.result.version_before = Version();
  if (!FollowAssignment()) RepairInstalled();
  ended_.result.version = Version();
  return std::move(ended_);
}

bool ProductRun::FollowAssignment() {
  const trust::AssignmentItem* assigned =
      exchange_ == nullptr ? nullptr : exchange_->ItemFor(product_.name);
  if (assigned == nullptr) return false;
  const trust::AssignmentItem item = *assigned;
  const absl::Status verdict = exchange_->Judge(item, rollout::Moment::kVerify);
  if (trust::RefusalOf(verdict) == v1::Refusal::ALREADY_INSTALLED) return false;
  if (!verdict.ok()) {
    Refuse(&item, nullptr, verdict);
    return false;
  }
  if (!item.plan.has_value()) return false;  // a repair

  Installer installer(session_, exchange_, local_, product_, unfinished_);
  const absl::StatusOr<Concluded> concluded = installer.Install(item);
  ended_.left_for_later = installer.left_for_later();
  if (concluded.ok()) {
    Take(*concluded);
    return true;
  }
  Refuse(&item, &installer.effort(), concluded.status());
  return false;
}

void ProductRun::RepairInstalled() {
  // A journal that could not be finished comes first, in the next run: one at a time.
  const absl::StatusOr<std::optional<Phase>> journal = PeekPhase(session_.host.place());
  if (!journal.ok() || journal->has_value()) return;
  Installer installer(session_, exchange_, local_, product_);
  const absl::StatusOr<Concluded> concluded = installer.Repair();
  if (!concluded.ok()) {
    ended_.left_for_later.insert(ended_.left_for_later.end(), installer.left_for_later().begin(),
                                 installer.left_for_later().end());
    Refuse(nullptr, &installer.effort(), concluded.status());
    return;
  }
  if (concluded->change != Change::kNone) Take(*concluded);
}

void ProductRun::Refuse(const trust::AssignmentItem* item, const Effort* effort,
                        const absl::Status& error) {
  const absl::Status why = WithWayOut(error);
  session_.Report(OutcomeOf({.product = product_.name,
                             .item = item,
                             .stage = effort == nullptr ? v1::Outcome::ADMIT : effort->stage(),
                             .started = started_,
                             .effort = effort},
                            why, session_.host.random, session_.host.clock.WallNow()));
  ended_.exit_code = Graver(ended_.exit_code, loader::ExitCodeOf(why));
  if (ended_.result.refusal.code() != v1::Refusal::NONE) return;
  ended_.result.refusal = RefusalFor(why, v1::Refusal::FILE_ERROR);
}

void ProductRun::Take(const Concluded& concluded) {
  ended_.result.change = concluded.change;
  if (ended_.result.refusal.code() == v1::Refusal::NONE) {
    ended_.result.refusal = concluded.refusal;
  }
  ended_.exit_code = Graver(ended_.exit_code, ExitCodeOf(concluded.change));
}

std::string ProductRun::Version() const {
  const auto versions = InstalledVersions(session_.trust().held(), session_.trust().state());
  const auto found = versions.find(product_.name);
  return found == versions.end() ? "" : found->second;
}

}  // namespace mig::loader
