// CheckPlanAtDoor (document_door.h): what of a plan depends on what else is here.

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "coordinator/handlers/documents/document_door.h"
#include "rollout/filter.h"
#include "rollout/plan_rules.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

absl::Status CheckPlace(const trust::Plan& plan, const Snapshot& snapshot, absl::Time now) {
  const trust::RootStream* stream = snapshot.root()->stream(plan.stream());
  if (stream == nullptr) {
    return trust::Refuse(
        v1::Refusal::NOT_IN_ROOT,
        absl::StrCat("root ", snapshot.root()->version(), " has no stream '", plan.stream(), "'"));
  }
  if (plan.numbers().epoch != stream->epoch) {
    return trust::Refuse(v1::Refusal::EPOCH,
                         absl::StrCat("stream ", plan.stream(), ": epoch ", plan.numbers().epoch,
                                      ", the root has ", stream->epoch));
  }
  if (now >= plan.expires() && now >= plan.baseline_until().value_or(absl::InfinitePast())) {
    return trust::Refuse(v1::Refusal::EXPIRED,
                         absl::StrCat("plan '", plan.name(), "' ended at ",
                                      absl::FormatTime(plan.expires(), absl::UTCTimeZone())));
  }
  return absl::OkStatus();
}

absl::Status CheckFilters(const trust::Plan& plan) {
  constexpr auto kFields = rollout::FieldSet::kPlan;
  MIG_RETURN_IF_ERROR(rollout::Filter::ParseSigned(plan.filter(), kFields).status());
  for (const trust::Wave& wave : plan.waves()) {
    MIG_RETURN_IF_ERROR(rollout::Filter::ParseSigned(wave.filter, kFields).status());
  }
  return absl::OkStatus();
}

absl::Status CheckRelease(const base::Digest& manifest, absl::string_view product,
                          const Snapshot& snapshot, PlanStage stage) {
  const HeldDocument* held = snapshot.document(manifest);
  const bool is_manifest = held != nullptr && held->record.type == DocumentType::kManifest;
  if (!is_manifest || (stage == PlanStage::kComplete && held->manifest == nullptr)) {
    return trust::Refuse(
        v1::Refusal::MISSING_DOCUMENT,
        absl::StrCat("the release ", manifest.ToHex().substr(0, 12), ".. of ", product,
                     is_manifest ? " has not enough signatures yet; sign it first"
                                 : " is not here; publish it first"));
  }
  if (held->record.line == product) return absl::OkStatus();
  return trust::Refuse(v1::Refusal::PRODUCT,
                       absl::StrCat("the release ", manifest.ToHex().substr(0, 12), ".. is one of ",
                                    held->record.line, ", not of ", product));
}

absl::Status CheckItems(const trust::Plan& plan, const Snapshot& snapshot, PlanStage stage) {
  for (const trust::PlanItem& item : plan.items()) {
    const trust::RootProduct* product = snapshot.root()->product(item.product);
    if (product == nullptr || product->epoch != item.epoch) {
      return trust::Refuse(product == nullptr ? v1::Refusal::NOT_IN_ROOT : v1::Refusal::EPOCH,
                           absl::StrCat("item ", item.product, " of epoch ", item.epoch,
                                        " is not in root ", snapshot.root()->version()));
    }
    MIG_RETURN_IF_ERROR(CheckRelease(item.manifest, item.product, snapshot, stage));
    if (item.fallback.has_value()) {
      MIG_RETURN_IF_ERROR(CheckRelease(*item.fallback, item.product, snapshot, stage));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckBase(const trust::Plan& plan, const Snapshot& snapshot) {
  if (!plan.base().has_value()) return absl::OkStatus();
  const HeldDocument* base = snapshot.document(*plan.base());
  const bool fits = base != nullptr && base->plan != nullptr &&
                    base->record.line == plan.stream() &&
                    base->plan->plan().numbers() < plan.numbers();
  if (fits) return absl::OkStatus();
  return trust::Refuse(
      v1::Refusal::BASE,
      absl::StrCat("plan '", plan.name(), "': its base ", plan.base()->ToHex().substr(0, 12),
                   ".. is not an earlier plan of stream ", plan.stream(), " that verifies here"));
}

// Against one other plan that is complete.
absl::Status CheckBeside(const trust::Plan& plan, const trust::Plan& other) {
  const bool same_rollout = plan.rollout() == other.rollout();
  if (same_rollout && plan.RolloutBinding() != other.RolloutBinding()) {
    return trust::Refuse(v1::Refusal::EQUIVOCATION,
                         absl::StrCat("plan '", plan.name(), "' has the rollout of '", other.name(),
                                      "' with another seed, first issue or target"));
  }
  if (!same_rollout && plan.name() == other.name()) {
    return trust::Refuse(v1::Refusal::EXISTS,
                         absl::StrCat("another rollout is called '", plan.name(), "' already"));
  }
  if (plan.stream() != other.stream() || other.numbers() < plan.numbers()) return absl::OkStatus();
  const bool same_number = plan.numbers() == other.numbers();
  return trust::Refuse(
      same_number ? v1::Refusal::EQUIVOCATION : v1::Refusal::BELOW_SEEN,
      absl::StrCat("stream ", plan.stream(), " is at ", trust::ToText(other.numbers()), " ('",
                   other.name(), "'); number this plan above it"));
}

// Lifting a hold opens the wave no earlier than the plan that lifts it (docs/protocol.md).
absl::Status CheckHolds(const trust::Plan& plan, const trust::Plan& before) {
  const size_t shared = std::min(plan.waves().size(), before.waves().size());
  for (size_t i = 0; i < shared; ++i) {
    const bool lifted = before.waves()[i].hold && !plan.waves()[i].hold;
    if (lifted && plan.waves()[i].not_before < plan.head().issued) {
      return trust::Refuse(v1::Refusal::PLAN_RULES,
                           absl::StrCat("plan '", plan.name(), "': wave ", i + 1,
                                        " is no longer on hold and opens before this plan was "
                                        "issued; move its not_before"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPlanAtDoor(const trust::Plan& plan, const base::Digest& digest,
                             const Snapshot& snapshot, PlanStage stage, absl::Time now) {
  MIG_RETURN_IF_ERROR(CheckPlace(plan, snapshot, now));
  MIG_RETURN_IF_ERROR(rollout::CheckPlanRules(plan, *snapshot.root()));
  MIG_RETURN_IF_ERROR(CheckFilters(plan));
  MIG_RETURN_IF_ERROR(CheckItems(plan, snapshot, stage));
  MIG_RETURN_IF_ERROR(CheckBase(plan, snapshot));
  // More signatures for one that is here already change no number.
  const HeldDocument* here = snapshot.document(digest);
  if (here != nullptr && here->record.state == DocumentState::kComplete) return absl::OkStatus();
  const trust::Plan* before = nullptr;
  for (const auto& [other, held] : snapshot.documents()) {
    if (other == digest || held->plan == nullptr) continue;
    const trust::Plan& complete = held->plan->plan();
    MIG_RETURN_IF_ERROR(CheckBeside(plan, complete));
    const bool is_later = before == nullptr || before->numbers() < complete.numbers();
    if (complete.rollout() == plan.rollout() && is_later) before = &complete;
  }
  return before == nullptr ? absl::OkStatus() : CheckHolds(plan, *before);
}

}  // namespace mig::coordinator
