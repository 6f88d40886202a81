#include "rollout/stream_view.h"

#include "absl/strings/str_cat.h"
#include "trust/document_head.h"
#include "trust/refusal.h"
#include "trust/seen.h"

namespace mig::rollout {
namespace {

absl::Status JudgeNewest(const Documents& documents, const HostView& host,
                         const CheckedPlan& plan) {
  const absl::StatusOr<trust::PlanPlace> place =
      trust::JudgePlan(*host.state, *documents.root, plan.verified());
  if (!place.ok()) return place.status();
  if (*place == trust::PlanPlace::kNewest) return absl::OkStatus();
  return trust::Refuse(
      v1::Refusal::BELOW_SEEN,
      absl::StrCat("stream ", plan.plan().stream(), ": plan ", trust::ToText(plan.plan().numbers()),
                   " is the newest one held, but the host has seen a later one; ",
                   "fetch that, or confirm the coordinator's store if it was restored"));
}

absl::Status JudgeBaseOf(const StreamPlans& plans, const Clocks& clocks, Moment moment) {
  if (absl::Status s = trust::JudgeBase(plans.newest->verified(), plans.base->verified());
      !s.ok()) {
    return s;
  }
  if (plans.base->PhaseAt(clocks, moment) == PlanPhase::kBaseline) return absl::OkStatus();
  return trust::Refuse(
      v1::Refusal::BASE,
      absl::StrCat("plan '", plans.base->plan().name(), "' is the base of '",
                   plans.newest->plan().name(), "', but it is not in its own baseline now"));
}

bool Speaks(const CheckedPlan& plan, const Admission& admission, absl::string_view product) {
  return admission.filter == Truth::kTrue && admission.phase != PlanPhase::kEnded &&
         plan.plan().item(product) != nullptr;
}

}  // namespace

std::vector<StreamView> ViewStreams(const Documents& documents, const HostView& host,
                                    const Clocks& clocks,
                                    const std::optional<base::Digest>& spared) {
  const auto moment_of = [&](const CheckedPlan& plan) {
    return plan.digest() == spared ? Moment::kCommit : Moment::kVerify;
  };
  const auto admit = [&](const CheckedPlan& plan) {
    return Admit(plan, host.id, *host.facts, clocks, moment_of(plan));
  };
  std::vector<StreamView> views;
  for (const StreamPlans& plans : documents.streams) {
    StreamView view{.plans = &plans,
                    .newest_stands = JudgeNewest(documents, host, *plans.newest),
                    .newest = admit(*plans.newest)};
    if (plans.base != nullptr) {
      view.base_stands = view.newest_stands.ok()
                             ? JudgeBaseOf(plans, clocks, moment_of(*plans.base))
                             : view.newest_stands;
      view.base = admit(*plans.base);
    }
    views.push_back(std::move(view));
  }
  return views;
}

const CheckedPlan* ClaimOn(const StreamView& view, absl::string_view product) {
  if (!view.newest_stands.ok()) return nullptr;
  if (Speaks(*view.plans->newest, view.newest, product)) return view.plans->newest;
  if (!view.base.has_value() || !view.base_stands.ok()) return nullptr;
  return Speaks(*view.plans->base, *view.base, product) ? view.plans->base : nullptr;
}

const StreamView* SpeakerFor(const std::vector<StreamView>& views, absl::string_view product) {
  const StreamView* speaker = nullptr;
  const CheckedPlan* by = nullptr;
  for (const StreamView& view : views) {
    const CheckedPlan* claim = ClaimOn(view, product);
    if (claim == nullptr) continue;
    // Streams come by name, so the lesser one is there already.
    if (by == nullptr || claim->plan().priority() > by->plan().priority()) {
      speaker = &view;
      by = claim;
    }
  }
  return speaker;
}

}  // namespace mig::rollout
