#include "loader/run/check_in/exchange.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "loader/run/check_in/clock_judge.h"
#include "rollout/decide.h"
#include "trust/assignment_check.h"
#include "trust/refusal.h"

namespace mig::loader {

absl::Status Exchange::CheckIn() {
  assigned_.reset();
  const absl::StatusOr<SelfView> self =
      LookAtSelf(session_.host, session_.trust().held(), session_.trust().state());
  if (!self.ok()) {
    stage_ = v1::Outcome::SCAN;
    return self.status();
  }
  CheckInResult result = loader::CheckIn(session_, client_, *self, local_);
  stage_ = result.stage;
  assigned_ = std::move(result.assigned);
  // The answer may have been held up while somebody moved the clock.
  if (const absl::Status judged = JudgeClock(session_); !judged.ok()) return judged;
  return result.status;
}

const trust::Assignment* Exchange::assignment() const {
  return assigned_.has_value() ? &*assigned_->assignment : nullptr;
}

const trust::AssignmentItem* Exchange::ItemFor(absl::string_view product) const {
  if (!assigned_.has_value()) return nullptr;
  for (const trust::AssignmentItem& item : assigned_->assignment->items()) {
    if (item.product == product) return &item;
  }
  return nullptr;
}

absl::Status Exchange::CheckLives() const {
  if (assigned_.has_value()) return assigned_->CheckLives(session_.host.clock);
  return trust::Refuse(v1::Refusal::ASSIGNMENT_OVER, "nothing is assigned to this host any more");
}

absl::Status Exchange::Judge(const trust::AssignmentItem& item, rollout::Moment moment) {
  const TrustSession& trust = session_.trust();
  if (session_.host.dictionary.Find(item.product) == nullptr) {
    return trust::Refuse(
        v1::Refusal::UNKNOWN_COMPONENT,
        absl::StrCat(session_.host.dictionary.path(), " has no product '", item.product,
                     "'; add it there, or take this host out of its plans"));
  }
  const rollout::CheckedManifest* manifest = trust.held().manifest(item.manifest);
  const rollout::CheckedPlan* plan = item.plan ? trust.held().plan(*item.plan) : nullptr;
  if (manifest == nullptr || (item.plan && plan == nullptr)) {
    return trust::Refuse(v1::Refusal::MISSING_DOCUMENT,
                         absl::StrCat(item.product, ": the assignment names ",
                                      manifest == nullptr ? "a manifest" : "a plan",
                                      " that did not come with it and is not held"));
  }
  MIG_RETURN_IF_ERROR(trust::CheckItemDocuments(item, manifest->verified(),
                                                plan == nullptr ? nullptr : &plan->verified()));
  MIG_ASSIGN_OR_RETURN(const SelfView self, LookAtSelf(session_.host, trust.held(), trust.state()));
  return rollout::JudgeItem(trust.held().View(), ViewOf(session_.host, self, trust.state()),
                            trust.Clocks(assigned_->assignment->head().issued), item, moment);
}

}  // namespace mig::loader
