// One document of the store, judged under a root with the loader's own code.

#ifndef MIG_COORDINATOR_FLEET_HELD_DOCUMENT_H_
#define MIG_COORDINATOR_FLEET_HELD_DOCUMENT_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "base/digest.h"
#include "coordinator/store/document_record.h"
#include "rollout/checked_manifest.h"
#include "rollout/checked_plan.h"
#include "trust/root.h"
#include "trust/verified.h"

namespace mig::coordinator {

// Immutable once made; any thread may read.
struct HeldDocument {
  // With the envelope that is sent.
  DocumentRecord record;
  // Ok: it verifies now, and what it is lies below. Else the refusal (trust::RefusalOf).
  absl::Status verdict;
  // One of them, where `verdict` is ok and it is no root.
  std::shared_ptr<const rollout::CheckedManifest> manifest;
  std::shared_ptr<const rollout::CheckedPlan> plan;

  // Judges `record`, a manifest or plan, under `root`. For a root: Ok, since the chain of roots
  // (snapshot.h) says what it is.
  static std::shared_ptr<const HeldDocument> Judge(DocumentRecord record,
                                                   const trust::Verified<trust::Root>& root);
};

using HeldDocuments = std::map<base::Digest, std::shared_ptr<const HeldDocument>>;

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_FLEET_HELD_DOCUMENT_H_
