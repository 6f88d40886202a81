#include "coordinator/handlers/check_in/item_choice.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/string_view.h"
#include "coordinator/handlers/check_in/past_offer.h"
#include "trust/root_chain.h"

namespace mig::coordinator {
namespace {

OfferRecord OfferOf(const rollout::HostView& host, const rollout::PlanEvidence& evidence,
                    const rollout::Clocks& clocks, absl::Time enrolled) {
  const trust::Plan& plan = evidence.plan->plan();
  OfferRecord offer{.host = host.id, .rollout = plan.rollout()};
  if (evidence.admission.phase == rollout::PlanPhase::kBaseline) {
    offer.kind = OfferKind::kBaseline;
  } else if (evidence.admission.wave.has_value()) {
    offer.kind = OfferKind::kWave;
    offer.wave = static_cast<uint32_t>(*evidence.admission.wave);
  } else {
    offer.kind = OfferKind::kCanary;
  }
  offer.at = clocks.system;
  offer.plan = evidence.plan->digest();
  offer.counted = enrolled < plan.first_issued();
  return offer;
}

// The release that a plan gives the host now; nothing: none, or its contents are not all here.
std::optional<trust::AssignmentItem> PlannedItem(BlobStore& blobs,
                                                 const rollout::ProductDecision& decision) {
  if (decision.code != v1::Refusal::NONE) return std::nullopt;
  const trust::Manifest& manifest = decision.evidence.front().manifest->manifest();
  if (!HasAllContents(blobs, manifest.variants()[decision.variant])) return std::nullopt;
  return trust::AssignmentItem{.product = decision.product,
                               .manifest = decision.manifest,
                               .variant = decision.variant,
                               .plan = decision.plan};
}

// Whether a plan names the release to this host now, which therefore has it already.
bool IsGivenNow(const rollout::ProductDecision& decision, const base::Digest& manifest) {
  return std::ranges::any_of(decision.evidence, [&](const rollout::PlanEvidence& one) {
    return one.code == v1::Refusal::ALREADY_INSTALLED && one.admission.admitted() &&
           one.manifest != nullptr && one.manifest->digest() == manifest;
  });
}

// What the host says is installed, if that is damaged there and may be repaired, and is what the
// coordinator knows that it gave.
std::optional<trust::Installed> Repairable(const Snapshot& snapshot, const RolloutLedger& ledger,
                                           const rollout::HostView& host,
                                           const v1::LocalManifest& local,
                                           const rollout::ProductDecision& decision) {
  const absl::string_view product = decision.product;
  const trust::TrustedProduct* known = host.state->product(product);
  if (known == nullptr || !known->installed.has_value()) return std::nullopt;
  if (!rollout::JudgeRepair(snapshot.decidable(), host, product).ok()) return std::nullopt;
  const rollout::CheckedManifest* manifest = snapshot.manifest(known->installed->manifest);
  const uint32_t variant = known->installed->variant;
  if (manifest == nullptr || variant >= manifest->manifest().variants().size()) return std::nullopt;
  if (!IsDamaged(local, product, manifest->manifest().variants()[variant])) return std::nullopt;
  const bool is_its_own =
      IsGivenNow(decision, manifest->digest()) ||
      WasOffered(snapshot, ledger, host.id, product, known->installed->manifest);
  return is_its_own ? known->installed : std::nullopt;
}

}  // namespace

bool HasAllContents(BlobStore& blobs, const trust::Variant& variant) {
  return std::ranges::all_of(variant.components, [&blobs](const trust::Component& component) {
    // An empty file needs no request.
    return component.size_bytes == 0 || blobs.Size(component.digest).ok();
  });
}

bool IsDamaged(const v1::LocalManifest& local, absl::string_view product,
               const trust::Variant& variant) {
  std::map<absl::string_view, const v1::LocalComponent*> present;
  for (const v1::LocalComponent& component : local.components()) {
    if (component.product() == product) present.emplace(component.name(), &component);
  }
  return std::ranges::any_of(variant.components, [&present](const trust::Component& wanted) {
    const auto found = present.find(wanted.name);
    if (found == present.end()) return true;
    const v1::LocalComponent& there = *found->second;
    if (there.observe()) return false;
    return there.state() != v1::LocalComponent::PRESENT ||
           there.size_bytes() != wanted.size_bytes ||
           absl::string_view(there.sha256()) != wanted.digest.bytes();
  });
}

ItemChoice ChooseItems(const Snapshot& snapshot, const RolloutLedger& ledger, BlobStore& blobs,
                       const rollout::HostView& host, const v1::LocalManifest& local,
                       const rollout::Clocks& clocks, absl::Time enrolled) {
  ItemChoice choice;
  if (!trust::CheckRootLives(*snapshot.root(), clocks.not_after).ok()) return choice;
  const rollout::Decision decision = rollout::Decide(snapshot.decidable(), host, clocks);
  for (const rollout::ProductDecision& product : decision.products) {
    const std::optional<trust::Installed> damaged =
        Repairable(snapshot, ledger, host, local, product);
    if (std::optional<trust::AssignmentItem> item = PlannedItem(blobs, product)) {
      if (damaged.has_value()) choice.repairs.push_back(*damaged);
      choice.items.push_back(*std::move(item));
      const OfferRecord offer = OfferOf(host, product.evidence.front(), clocks, enrolled);
      const bool known = std::ranges::find(choice.offers, offer.rollout, &OfferRecord::rollout) !=
                         choice.offers.end();
      if (!known) choice.offers.push_back(offer);
    } else if (damaged.has_value()) {
      choice.items.push_back({.product = product.product,
                              .manifest = damaged->manifest,
                              .variant = damaged->variant,
                              .plan = std::nullopt});
    }
  }
  return choice;
}

}  // namespace mig::coordinator
