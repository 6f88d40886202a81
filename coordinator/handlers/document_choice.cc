#include "coordinator/handlers/document_choice.h"

#include <string>
#include <utility>

namespace mig::coordinator {
namespace {

class Bundle {
 public:
  // False: it does not fit any more.
  bool Add(absl::string_view envelope) {
    if (choice_.envelopes.size() == kMaxAnswerDocuments ||
        bytes_ + envelope.size() > kMaxAnswerDocumentBytes) {
      choice_.more = true;
      return false;
    }
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

// Whether a plan may be shown to hosts: nobody follows one that was not started, and who has seen
// it could not go back to the one before.
bool WasStarted(const rollout::StreamPlans& plans) {
  return plans.state != rollout::RolloutState::kNotStarted;
}

}  // namespace

DocumentChoice ChooseDocuments(const Snapshot& snapshot, uint64_t root_version,
                               const std::set<base::Digest>& held,
                               std::span<const trust::AssignmentItem> items) {
  Bundle bundle;
  if (root_version < snapshot.root()->version()) {
    for (const trust::Verified<trust::Root>& root : snapshot.roots()) {
      if (root->version() > root_version && !bundle.Add(root.envelope())) break;
    }
    bundle.SetMore();
    return bundle.Take();
  }

  std::set<base::Digest> sent = held;
  const auto add = [&bundle, &sent](const base::Digest& digest, const std::string& envelope) {
    return !sent.insert(digest).second || bundle.Add(envelope);
  };
  for (const rollout::StreamPlans& plans : snapshot.decidable().streams) {
    if (WasStarted(plans) && !add(plans.newest->digest(), plans.newest->verified().envelope())) {
      return bundle.Take();
    }
    if (plans.base != nullptr && !add(plans.base->digest(), plans.base->verified().envelope())) {
      return bundle.Take();
    }
  }
  for (const trust::AssignmentItem& item : items) {
    const rollout::CheckedManifest* manifest = snapshot.manifest(item.manifest);
    if (manifest != nullptr && !add(item.manifest, manifest->verified().envelope())) break;
  }
  return bundle.Take();
}

}  // namespace mig::coordinator
