#include "loader/run/documents/held_documents.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "trust/manifest.h"
#include "trust/plan.h"

namespace mig::loader {

using rollout::CheckedManifest;
using rollout::CheckedPlan;

void HeldDocuments::ChangeRoot(trust::Verified<trust::Root> root) {
  std::vector<std::string> plans;
  for (const auto& [digest, plan] : plans_) plans.push_back(plan.verified().envelope());
  std::vector<std::string> manifests;
  for (const auto& [digest, manifest] : manifests_) {
    manifests.push_back(manifest.verified().envelope());
  }
  root_ = std::move(root);
  plans_.clear();
  manifests_.clear();
  for (const std::string& plan : plans) AddPlan(plan).status().IgnoreError();
  for (const std::string& manifest : manifests) AddManifest(manifest).status().IgnoreError();
}

absl::StatusOr<const CheckedPlan*> HeldDocuments::AddPlan(absl::string_view envelope) {
  MIG_ASSIGN_OR_RETURN(trust::Verified<trust::Plan> verified,
                       trust::Verify<trust::Plan>(envelope, root_));
  MIG_ASSIGN_OR_RETURN(CheckedPlan plan, CheckedPlan::Make(std::move(verified), *root_));
  const base::Digest digest = plan.digest();
  return &plans_.insert_or_assign(digest, std::move(plan)).first->second;
}

absl::StatusOr<const CheckedManifest*> HeldDocuments::AddManifest(absl::string_view envelope) {
  MIG_ASSIGN_OR_RETURN(trust::Verified<trust::Manifest> verified,
                       trust::Verify<trust::Manifest>(envelope, root_));
  MIG_ASSIGN_OR_RETURN(CheckedManifest manifest, CheckedManifest::Make(std::move(verified)));
  const base::Digest digest = manifest.digest();
  return &manifests_.insert_or_assign(digest, std::move(manifest)).first->second;
}

void HeldDocuments::Remove(const base::Digest& digest) {
  plans_.erase(digest);
  manifests_.erase(digest);
}

const CheckedPlan* HeldDocuments::plan(const base::Digest& digest) const {
  const auto found = plans_.find(digest);
  return found == plans_.end() ? nullptr : &found->second;
}

const CheckedManifest* HeldDocuments::manifest(const base::Digest& digest) const {
  const auto found = manifests_.find(digest);
  return found == manifests_.end() ? nullptr : &found->second;
}

std::vector<const CheckedPlan*> HeldDocuments::plans() const {
  std::vector<const CheckedPlan*> plans;
  for (const auto& [digest, plan] : plans_) plans.push_back(&plan);
  std::sort(plans.begin(), plans.end(), [](const CheckedPlan* a, const CheckedPlan* b) {
    if (a->plan().numbers() != b->plan().numbers())
      return a->plan().numbers() < b->plan().numbers();
    return a->digest() < b->digest();
  });
  return plans;
}

rollout::Documents HeldDocuments::View() const {
  rollout::Documents view{.root = &*root_};
  std::map<std::string, const CheckedPlan*> newest;
  for (const CheckedPlan* plan : plans()) {
    if (root_->stream(plan->plan().stream()) != nullptr) newest[plan->plan().stream()] = plan;
  }
  for (const auto& [stream, plan] : newest) {
    const std::optional<base::Digest>& base = plan->plan().base();
    view.streams.push_back(
        {.newest = plan, .base = base.has_value() ? this->plan(*base) : nullptr});
  }
  for (const auto& [digest, manifest] : manifests_) view.manifests[digest] = &manifest;
  return view;
}

std::vector<base::Digest> HeldDocuments::digests() const {
  std::vector<base::Digest> digests;
  for (const auto& [digest, plan] : plans_) digests.push_back(digest);
  for (const auto& [digest, manifest] : manifests_) digests.push_back(digest);
  std::sort(digests.begin(), digests.end());
  return digests;
}

absl::Time HeldDocuments::newest_issued() const {
  absl::Time newest = root_->head().issued;
  for (const auto& [digest, plan] : plans_) newest = std::max(newest, plan.plan().head().issued);
  for (const auto& [digest, manifest] : manifests_) {
    newest = std::max(newest, manifest.manifest().head().issued);
  }
  return newest;
}

bool HeldDocuments::IsNamed(const base::Digest& manifest, const trust::TrustedState& state) const {
  for (const auto& [product, trusted] : state.products) {
    if (trusted.installed.has_value() && trusted.installed->manifest == manifest) return true;
    if (trusted.previous.has_value() && trusted.previous->manifest == manifest) return true;
  }
  for (const rollout::StreamPlans& stream : View().streams) {
    for (const CheckedPlan* plan : {stream.newest, stream.base}) {
      if (plan == nullptr) continue;
      for (const trust::PlanItem& item : plan->plan().items()) {
        if (item.manifest == manifest || item.fallback == manifest) return true;
      }
    }
  }
  return false;
}

std::vector<base::Digest> HeldDocuments::WorthKeeping(const trust::TrustedState& state) const {
  std::vector<base::Digest> keep;
  for (const rollout::StreamPlans& stream : View().streams) {
    keep.push_back(stream.newest->digest());
    if (stream.base != nullptr) keep.push_back(stream.base->digest());
  }
  for (const auto& [digest, manifest] : manifests_) {
    if (IsNamed(digest, state)) keep.push_back(digest);
  }
  return keep;
}

}  // namespace mig::loader
