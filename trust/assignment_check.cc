#include "trust/assignment_check.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "trust/refusal.h"

namespace mig::trust {

namespace {

// An item without a plan repairs what is installed, as it is recorded, and nothing else.
absl::Status CheckRepair(const AssignmentItem& item, const TrustedState& state) {
  const TrustedProduct* product = state.product(item.product);
  if (product == nullptr || !product->installed.has_value() ||
      product->installed->manifest != item.manifest) {
    return Refuse(
        v1::Refusal::NO_PLAN,
        absl::StrCat("the assignment names manifest ", item.manifest.ToHex(), " of '", item.product,
                     "' without a plan, and it is not what is installed here"));
  }
  if (product->installed->variant == item.variant) return absl::OkStatus();
  return Refuse(v1::Refusal::VARIANT,
                absl::StrCat("the assignment repairs '", item.product, "' with variant ",
                             item.variant, ", but variant ", product->installed->variant,
                             " is installed here; another one needs a plan"));
}

}  // namespace

absl::Status CheckAssignment(const Verified<Assignment>& assignment, const HostId& host,
                             const Nonce& nonce, const TrustedState& state) {
  if (assignment->host_id() != host) {
    return Refuse(v1::Refusal::HOST,
                  absl::StrCat("the assignment is for host ", assignment->host_id().ToHex(),
                               ", this is ", host.ToHex()));
  }
  if (assignment->nonce() != nonce) {
    return Refuse(v1::Refusal::NONCE,
                  "the assignment answers another request than this one: check in again");
  }
  for (const AssignmentItem& item : assignment->items()) {
    if (!item.plan.has_value()) MIG_RETURN_IF_ERROR(CheckRepair(item, state));
  }
  return absl::OkStatus();
}

absl::Status CheckItemDocuments(const AssignmentItem& item, const Verified<Manifest>& manifest,
                                const Verified<Plan>* plan) {
  if (manifest.digest() != item.manifest) {
    return Refuse(v1::Refusal::DIGEST,
                  absl::StrCat("manifest ", manifest.digest().ToHex(), " is not the assigned ",
                               item.manifest.ToHex()));
  }
  if (manifest->product() != item.product) {
    return Refuse(v1::Refusal::PRODUCT,
                  absl::StrCat("the manifest assigned for '", item.product, "' is of product '",
                               manifest->product(), "'"));
  }
  if (item.variant >= manifest->variants().size()) {
    return Refuse(v1::Refusal::VARIANT,
                  absl::StrCat("the assigned variant ", item.variant, " of '", item.product,
                               "' is not there: the manifest has ", manifest->variants().size()));
  }
  const std::optional<base::Digest> plan_digest =
      plan == nullptr ? std::nullopt : std::optional<base::Digest>(plan->digest());
  if (plan_digest != item.plan) {
    return Refuse(
        v1::Refusal::DIGEST,
        absl::StrCat("the plan at hand is not the one assigned for '", item.product, "'"));
  }
  if (plan == nullptr) return absl::OkStatus();
  const PlanItem* planned = (*plan)->item(item.product);
  if (planned != nullptr &&
      (planned->manifest == item.manifest || planned->fallback == item.manifest)) {
    return absl::OkStatus();
  }
  return Refuse(v1::Refusal::NOT_IN_PLAN,
                absl::StrCat("plan ", (*plan)->name(), " names manifest ", item.manifest.ToHex(),
                             " of '", item.product, "' neither as target nor as fallback"));
}

}  // namespace mig::trust
