#include "rollout/release_check.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "trust/document_head.h"
#include "trust/manifest.h"
#include "trust/refusal.h"
#include "trust/seen.h"
#include "trust/trusted_state.h"

namespace mig::rollout {
namespace {

// "agent 4.2.0".
std::string NameOf(const trust::Manifest& manifest) {
  return absl::StrCat(manifest.product(), " ", manifest.version());
}

absl::StatusOr<const CheckedManifest*> FindTarget(const Documents& documents,
                                                  const trust::PlanItem& item) {
  const CheckedManifest* target = documents.manifest(item.manifest);
  if (target == nullptr) {
    return trust::Refuse(v1::Refusal::MISSING_DOCUMENT,
                         absl::StrCat("the manifest ", item.manifest.ToHex().substr(0, 12),
                                      ".. that the plan names for ", item.product,
                                      " is not held; the next check-in brings it"));
  }
  if (target->manifest().product() != item.product) {
    return trust::Refuse(v1::Refusal::PRODUCT,
                         absl::StrCat("the plan names it for ", item.product, ", but it is ",
                                      NameOf(target->manifest())));
  }
  if (item.epoch != target->manifest().numbers().epoch) {
    return trust::Refuse(v1::Refusal::EPOCH,
                         absl::StrCat("the plan was made in epoch ", item.epoch, " of ",
                                      item.product, ", ", NameOf(target->manifest()),
                                      " is of epoch ", target->manifest().numbers().epoch));
  }
  return target;
}

absl::StatusOr<uint32_t> OwnVariant(const CheckedManifest& target, const HostView& host) {
  const std::optional<uint32_t> variant = target.FirstMatchingVariant(*host.facts);
  if (variant.has_value()) return *variant;
  return trust::Refuse(
      v1::Refusal::NO_VARIANT,
      absl::StrCat(NameOf(target.manifest()), " has ", target.manifest().variants().size(),
                   " variants, none of them is for this host"));
}

// A mark holds until a later plan, the newest of its stream, says `retry`.
bool IsRetried(const Documents& documents, const HostView& host, const trust::BadMark& mark) {
  return std::any_of(
      documents.streams.begin(), documents.streams.end(), [&](const StreamPlans& plans) {
        const trust::Plan& plan = plans.newest->plan();
        const bool named = std::find(plan.retry().begin(), plan.retry().end(), mark.manifest) !=
                           plan.retry().end();
        const bool later = !mark.plan_issued.has_value() || plan.head().issued > *mark.plan_issued;
        if (!named || !later) return false;
        const auto place = trust::JudgePlan(*host.state, *documents.root, plans.newest->verified());
        return place.ok() && *place == trust::PlanPlace::kNewest;
      });
}

absl::Status CheckNotBad(const Documents& documents, const HostView& host,
                         const CheckedManifest& target) {
  const trust::TrustedProduct* product = host.state->product(target.manifest().product());
  const trust::BadMark* mark =
      product == nullptr ? nullptr : trust::FindBad(*product, target.digest());
  if (mark == nullptr || IsRetried(documents, host, *mark)) return absl::OkStatus();
  return trust::Refuse(
      v1::Refusal::BAD_HERE,
      absl::StrCat(NameOf(target.manifest()), " failed on this host (", trust::DisplayOf(*mark),
                   "); sign a new plan that says `retry`, or a new release"));
}

absl::Status CheckRequirements(const Documents& documents, const HostView& host,
                               const CheckedManifest& target) {
  for (const trust::Requirement& requirement : target.manifest().requirements()) {
    const trust::TrustedProduct* product = host.state->product(requirement.product);
    const CheckedManifest* installed = product == nullptr || !product->installed.has_value()
                                           ? nullptr
                                           : documents.manifest(product->installed->manifest);
    if (installed != nullptr && installed->manifest().numbers() >= requirement.least) continue;
    return trust::Refuse(
        v1::Refusal::REQUIRES,
        absl::StrCat(
            NameOf(target.manifest()), " requires ", requirement.product, " at sequence ",
            trust::ToText(requirement.least), " or later, ",
            installed == nullptr
                ? "none is known to be installed"
                : absl::StrCat(NameOf(installed->manifest()), ", sequence ",
                               trust::ToText(installed->manifest().numbers()), ", is installed")));
  }
  return absl::OkStatus();
}

absl::Status CheckVariantLimit(const HostView& host, const Clocks& clocks,
                               const CheckedManifest& target, std::optional<absl::Time>& lifted) {
  const std::string& name = target.manifest().product();
  if (!HasRelease(host, name, target.digest())) return absl::OkStatus();
  const std::optional<absl::Time>& changed = host.state->product(name)->variant_changed;
  if (!changed.has_value()) return absl::OkStatus();
  const absl::Time until = *changed + base::kVariantChangeInterval;
  if (clocks.not_before >= until) return absl::OkStatus();
  lifted = until;
  return trust::Refuse(
      v1::Refusal::VARIANT_LIMIT,
      absl::StrCat(NameOf(target.manifest()), " changed its variant on this host less than ",
                   absl::FormatDuration(base::kVariantChangeInterval), " ago"));
}

}  // namespace

bool HasRelease(const HostView& host, absl::string_view product, const base::Digest& manifest) {
  const trust::TrustedProduct* state = host.state->product(product);
  return state != nullptr && state->installed.has_value() && state->installed->manifest == manifest;
}

absl::Status CheckHeldRelease(const Documents& documents, const HostView& host,
                              const trust::PlanItem& item) {
  MIG_ASSIGN_OR_RETURN(const CheckedManifest* target, FindTarget(documents, item));
  MIG_RETURN_IF_ERROR(trust::JudgeManifest(*host.state, *documents.root, target->verified(),
                                           trust::ManifestUse::kRepair));
  MIG_ASSIGN_OR_RETURN(const uint32_t variant, OwnVariant(*target, host));
  if (variant != host.state->product(item.product)->installed->variant) return absl::OkStatus();
  return trust::Refuse(v1::Refusal::ALREADY_INSTALLED,
                       absl::StrCat(NameOf(target->manifest()), " is installed"));
}

absl::Status CheckNewRelease(const Documents& documents, const HostView& host, const Clocks& clocks,
                             const trust::PlanItem& item, std::optional<absl::Time>& lifted) {
  MIG_ASSIGN_OR_RETURN(const CheckedManifest* target, FindTarget(documents, item));
  MIG_RETURN_IF_ERROR(trust::JudgeManifest(*host.state, *documents.root, target->verified(),
                                           trust::ManifestUse::kInstall));
  MIG_RETURN_IF_ERROR(OwnVariant(*target, host).status());
  MIG_RETURN_IF_ERROR(CheckNotBad(documents, host, *target));
  MIG_RETURN_IF_ERROR(CheckRequirements(documents, host, *target));
  return CheckVariantLimit(host, clocks, *target, lifted);
}

}  // namespace mig::rollout
