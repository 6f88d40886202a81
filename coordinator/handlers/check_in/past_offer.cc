#include "coordinator/handlers/check_in/past_offer.h"

#include <optional>

#include "absl/status/statusor.h"
#include "coordinator/fleet/held_document.h"
#include "trust/envelope.h"
#include "trust/plan.h"

namespace mig::coordinator {
namespace {

bool Names(const trust::Plan& plan, absl::string_view product, const base::Digest& manifest) {
  const trust::PlanItem* item = plan.item(product);
  return item != nullptr && item->manifest == manifest;
}

// Of a plan that was in force once: it verified when it was started.
bool PlanNames(const HeldDocument* held, absl::string_view product, const base::Digest& manifest) {
  if (held == nullptr) return false;
  if (held->plan != nullptr) return Names(held->plan->plan(), product, manifest);
  const absl::StatusOr<trust::Envelope> envelope =
      trust::Envelope::Parse(held->record.envelope, trust::DocumentType::kPlan);
  if (!envelope.ok()) return false;
  const absl::StatusOr<trust::Plan> plan = trust::Plan::Parse(envelope->payload());
  return plan.ok() && Names(*plan, product, manifest);
}

}  // namespace

bool WasOffered(const Snapshot& snapshot, const RolloutLedger& ledger, const trust::HostId& host,
                absl::string_view product, const base::Digest& manifest) {
  // All plans of a rollout have the same targets (trust::Plan::RolloutBinding), so the one in force
  // speaks for the one that the offer was made under.
  for (const auto& [rollout, progress] : snapshot.rollouts()) {
    if (progress.state == RolloutProgress::State::kNotStarted) continue;
    if (!ledger.FindOffer(host, rollout).has_value()) continue;
    if (PlanNames(snapshot.document(progress.plan), product, manifest)) return true;
  }
  return false;
}

}  // namespace mig::coordinator
