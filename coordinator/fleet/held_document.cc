#include "coordinator/fleet/held_document.h"

#include <utility>

#include "absl/status/statusor.h"
#include "base/status_macros.h"

namespace mig::coordinator {
namespace {

absl::Status JudgeInto(HeldDocument& held, const trust::Verified<trust::Root>& root) {
  switch (held.record.type) {
    case DocumentType::kRoot:
      break;
    case DocumentType::kManifest: {
      MIG_ASSIGN_OR_RETURN(auto verified,
                           trust::Verify<trust::Manifest>(held.record.envelope, root));
      MIG_ASSIGN_OR_RETURN(auto checked, rollout::CheckedManifest::Make(std::move(verified)));
      held.manifest = std::make_shared<const rollout::CheckedManifest>(std::move(checked));
      break;
    }
    case DocumentType::kPlan: {
      MIG_ASSIGN_OR_RETURN(auto verified, trust::Verify<trust::Plan>(held.record.envelope, root));
      MIG_ASSIGN_OR_RETURN(auto checked, rollout::CheckedPlan::Make(std::move(verified), *root));
      held.plan = std::make_shared<const rollout::CheckedPlan>(std::move(checked));
      break;
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::shared_ptr<const HeldDocument> HeldDocument::Judge(DocumentRecord record,
                                                        const trust::Verified<trust::Root>& root) {
  auto held = std::make_shared<HeldDocument>();
  held->record = std::move(record);
  held->verdict = JudgeInto(*held, root);
  return held;
}

}  // namespace mig::coordinator
