#include "coordinator/handlers/check_in/document_choice.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/sizes.h"

namespace mig::coordinator {
namespace {

class Bundle {
 public:
  // False: it does not fit any more, nor does anything that would come after it.
  bool Add(absl::string_view envelope) {
    choice_.more = choice_.more || choice_.envelopes.size() == base::kMaxAnswerDocuments ||
                   bytes_ + envelope.size() > base::kMaxAnswerDocumentBytes;
    if (choice_.more) return false;
    bytes_ += envelope.size();
    choice_.envelopes.push_back(envelope);
    return true;
  }
  void SetMore() { choice_.more = true; }
  DocumentChoice Take() { return std::move(choice_); }

 private:
  DocumentChoice choice_;
  size_t bytes_ = 0;
};

// The plans that hosts are shown. One that was not started is not: nobody follows it, and who has
// seen it could not go back to the one before.
std::vector<const rollout::CheckedPlan*> ShownPlans(const Snapshot& snapshot) {
  std::vector<const rollout::CheckedPlan*> shown;
  for (const rollout::StreamPlans& plans : snapshot.decidable().streams) {
    if (plans.state != rollout::RolloutState::kNotStarted) shown.push_back(plans.newest);
    if (plans.base != nullptr) shown.push_back(plans.base);
  }
  return shown;
}

}  // namespace

DocumentChoice ChooseDocuments(const Snapshot& snapshot, const CheckInFacts& said,
                               std::span<const trust::AssignmentItem> items) {
  Bundle bundle;
  if (said.root_version < snapshot.root()->version()) {
    for (const trust::Verified<trust::Root>& root : snapshot.roots()) {
      if (root->version() > said.root_version && !bundle.Add(root.envelope())) break;
    }
    bundle.SetMore();
    return bundle.Take();
  }

  std::set<base::Digest> sent = said.held;
  const auto add_plan = [&](const rollout::CheckedPlan& plan) {
    if (sent.insert(plan.digest()).second) bundle.Add(plan.verified().envelope());
  };
  const auto add_manifest = [&](const base::Digest& digest) {
    const rollout::CheckedManifest* manifest = snapshot.manifest(digest);
    if (manifest != nullptr && sent.insert(digest).second) {
      bundle.Add(manifest->verified().envelope());
    }
  };
  const std::vector<const rollout::CheckedPlan*> plans = ShownPlans(snapshot);
  for (const rollout::CheckedPlan* plan : plans) add_plan(*plan);
  for (const trust::AssignmentItem& item : items) add_manifest(item.manifest);
  for (const std::string& product : said.products) {
    const trust::TrustedProduct* known = said.state.product(product);
    if (known != nullptr && known->installed.has_value()) add_manifest(known->installed->manifest);
    for (const rollout::CheckedPlan* plan : plans) {
      const trust::PlanItem* item = plan->plan().item(product);
      if (item != nullptr) add_manifest(item->manifest);
    }
  }
  return bundle.Take();
}

}  // namespace mig::coordinator
