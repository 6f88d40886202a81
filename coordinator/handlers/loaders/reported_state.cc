#include "coordinator/handlers/loaders/reported_state.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "trust/trusted_state.h"

namespace mig::coordinator {
namespace {

bool IsInstall(const v1::Outcome& outcome) {
  return outcome.kind() == v1::Outcome::INSTALL || outcome.kind() == v1::Outcome::FALLBACK ||
         outcome.kind() == v1::Outcome::ADOPT;
}

// A repair begins and ends at the release it is about.
absl::string_view BeginsAt(const v1::Outcome& outcome) {
  return outcome.kind() == v1::Outcome::REPAIR ? outcome.manifest_digest()
                                               : outcome.from_manifest_digest();
}

v1::ProductState* ProductOf(v1::CheckInRequest& said, absl::string_view product) {
  for (v1::ProductState& one : *said.mutable_products()) {
    if (one.product() == product) return &one;
  }
  return nullptr;
}

// What is admitted is seen before it is staged (CONTRACT.md 1), whatever becomes of it.
void MoveSeen(const rollout::CheckedManifest& manifest, v1::ProductState& product) {
  const trust::Numbers& numbers = manifest.manifest().numbers();
  const v1::SeenDocument& seen = product.seen();
  if (numbers <= trust::Numbers{.epoch = seen.epoch(), .sequence = seen.sequence()}) return;
  *product.mutable_seen() =
      trust::ToMessage(trust::Seen{.numbers = numbers, .digest = manifest.digest()});
}

void DropBadMark(absl::string_view manifest, v1::ProductState& product) {
  for (int i = 0; i < product.bad_size(); ++i) {
    if (product.bad(i).manifest_digest() != manifest) continue;
    product.mutable_bad()->DeleteSubrange(i, 1);
    return;
  }
}

void AddBadMark(const v1::Outcome& outcome, const base::Digest& manifest, const Snapshot& snapshot,
                v1::ProductState& product) {
  trust::BadMark mark{.manifest = manifest, .code = outcome.refusal().code()};
  mark.exit_status = outcome.refusal().exit_status();
  const absl::StatusOr<base::Digest> digest = base::Digest::FromBytes(outcome.plan_digest());
  const rollout::CheckedPlan* plan = digest.ok() ? snapshot.plan(*digest) : nullptr;
  if (plan != nullptr) mark.plan_issued = plan->plan().head().issued;

  trust::TrustedProduct marks;
  for (const v1::BadRelease& known : product.bad()) {
    const absl::StatusOr<trust::BadMark> one = trust::FromMessage(known);
    if (one.ok()) marks.bad.push_back(*one);
  }
  trust::MarkBad(marks, mark);
  product.clear_bad();
  for (const trust::BadMark& one : marks.bad) *product.add_bad() = trust::ToMessage(one);
}

void MoveInstalled(const v1::Outcome& outcome, v1::ProductState& product) {
  const bool other_release = product.installed().manifest_digest() != outcome.manifest_digest();
  if (product.has_installed() && outcome.kind() != v1::Outcome::ADOPT) {
    *product.mutable_previous() = product.installed();
    if (!other_release && product.installed().variant() != outcome.variant()) {
      product.set_variant_changed_ms(outcome.ended_ms());
    }
  }
  product.mutable_installed()->set_manifest_digest(outcome.manifest_digest());
  product.mutable_installed()->set_variant(outcome.variant());
  product.set_health(v1::ProductState::HEALTHY);
  DropBadMark(outcome.manifest_digest(), product);
}

void MoveComponents(absl::string_view product, const trust::Variant& variant,
                    v1::CheckInRequest& said) {
  for (v1::LocalComponent& there : *said.mutable_local_manifest()->mutable_components()) {
    const trust::Component* component =
        there.product() == product ? variant.component(there.name()) : nullptr;
    if (component == nullptr) continue;
    there.set_state(v1::LocalComponent::PRESENT);
    there.set_size_bytes(component->size_bytes);
    there.set_sha256(std::string(component->digest.bytes()));
  }
}

}  // namespace

StateChange ApplyReported(const v1::Outcome& outcome, const Snapshot& snapshot,
                          v1::CheckInRequest& said) {
  const absl::StatusOr<base::Digest> digest = base::Digest::FromBytes(outcome.manifest_digest());
  v1::ProductState* const product = ProductOf(said, outcome.product());
  const bool is_install = IsInstall(outcome);
  const bool is_change = outcome.result() != v1::Outcome::UNCHANGED &&
                         (is_install || outcome.kind() == v1::Outcome::REPAIR);
  if (!digest.ok() || product == nullptr || !is_change) return StateChange::kNone;
  if (product->installed().manifest_digest() != BeginsAt(outcome)) return StateChange::kNone;

  const rollout::CheckedManifest* manifest = snapshot.manifest(*digest);
  if (is_install && manifest != nullptr) MoveSeen(*manifest, *product);
  if (outcome.result() == v1::Outcome::HEALTHY) {
    if (is_install) {
      MoveInstalled(outcome, *product);
    } else {
      product->set_health(v1::ProductState::HEALTHY);
    }
    if (manifest != nullptr && outcome.variant() < manifest->manifest().variants().size()) {
      MoveComponents(outcome.product(), manifest->manifest().variants()[outcome.variant()], said);
    }
    return StateChange::kSome;
  }
  if (is_install) AddBadMark(outcome, *digest, snapshot, *product);
  product->set_health(outcome.result() == v1::Outcome::WENT_BACK ? v1::ProductState::HEALTHY
                                                                 : v1::ProductState::UNHEALTHY);
  return StateChange::kSome;
}

}  // namespace mig::coordinator
