#include "rollout/checked_plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "rollout/field.h"
#include "rollout/plan_rules.h"
#include "trust/refusal.h"

namespace mig::rollout {
namespace {

absl::StatusOr<Filter> ParsePlanFilter(const trust::Plan& plan, absl::string_view text,
                                       absl::string_view whose) {
  const std::string context = absl::StrCat("plan '", plan.name(), "', ", whose);
  absl::StatusOr<Filter> filter = Filter::ParseSigned(text, FieldSet::kPlan);
  if (!filter.ok()) return trust::WithContext(context, filter.status());

  for (const Field& field : filter->Fields()) {
    if (field.kind == FieldKind::kRelease && plan.item(field.name) != nullptr) {
      return trust::Refuse(
          v1::Refusal::FILTER,
          absl::StrCat(context, ": it reads ", field.ToString(), ", which the plan itself changes;",
                       " use the manifest's requirements to ask for an earlier release"));
    }
  }
  return filter;
}

Ramp RampOf(const trust::Wave& wave) {
  const int64_t ramp_ms = absl::ToInt64Milliseconds(wave.ramp);
  MIG_CHECK(ramp_ms >= 0 && ramp_ms <= int64_t{UINT32_MAX}) << ramp_ms;
  return Ramp{
      .lo_ppm = wave.lo_ppm, .hi_ppm = wave.hi_ppm, .ramp_ms = static_cast<uint32_t>(ramp_ms)};
}

}  // namespace

absl::StatusOr<CheckedPlan> CheckedPlan::Make(trust::Verified<trust::Plan> plan,
                                              const trust::Root& root) {
  CheckedPlan checked(std::move(plan));
  const trust::Plan& document = checked.plan();
  MIG_RETURN_IF_ERROR(CheckPlanRules(document, root));
  MIG_ASSIGN_OR_RETURN(checked.filter_, ParsePlanFilter(document, document.filter(), "its filter"));
  for (size_t w = 0; w < document.waves().size(); ++w) {
    const trust::Wave& wave = document.waves()[w];
    MIG_ASSIGN_OR_RETURN(
        Filter filter,
        ParsePlanFilter(document, wave.filter, absl::StrCat("the filter of wave ", w + 1)));
    checked.wave_filters_.push_back(std::move(filter));
    checked.ramps_.push_back(RampOf(wave));
  }
  MIG_ASSIGN_OR_RETURN(checked.baseline_begin_, BaselineBegin(document, root));
  return checked;
}

bool CheckedPlan::IsCanary(const trust::HostId& host) const {
  if (!plan().canaries().has_value()) return false;
  const std::vector<trust::HostId>& hosts = plan().canaries()->hosts;
  return std::binary_search(hosts.begin(), hosts.end(), host);
}

PlanPhase CheckedPlan::PhaseAt(const Clocks& clocks, Moment moment) const {
  if (moment == Moment::kVerify && clocks.not_after >= EndsAt(clocks)) return PlanPhase::kEnded;
  const bool begun = baseline_begin_.has_value() && clocks.not_before >= *baseline_begin_;
  return begun ? PlanPhase::kBaseline : PlanPhase::kRunning;
}

absl::Time CheckedPlan::EndsAt(const Clocks& clocks) const {
  const bool begun = baseline_begin_.has_value() && clocks.not_before >= *baseline_begin_;
  return begun ? *plan().baseline_until() : plan().expires();
}

}  // namespace mig::rollout
