// Whether a document may come in (ADVERSARY.md 169): judged under the newest root by the loader's
// own code, signed by enough keys or not yet.

#ifndef MIG_COORDINATOR_HANDLERS_DOCUMENTS_DOCUMENT_DOOR_H_
#define MIG_COORDINATOR_HANDLERS_DOCUMENTS_DOCUMENT_DOOR_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/fleet/snapshot.h"
#include "coordinator/store/document_record.h"
#include "trust/envelope.h"
#include "trust/manifest.h"
#include "trust/plan.h"
#include "trust/root.h"

namespace mig::coordinator {

// The role whose keys sign such a document, under the newest root. Of a root it is the newest
// root's own.
const trust::Role& SigningRole(const Snapshot& snapshot, trust::DocumentType type);

// `envelope` with one signature that holds for each key that may sign it (of a root also the keys
// of its own root role), in the order of the role, and no others: what somebody else adds takes no
// place.
absl::StatusOr<trust::Envelope> WithoutStrangers(const trust::Envelope& envelope,
                                                 const Snapshot& snapshot);

// A row for it, complete or waiting for signers; `added_at` and `added_by` are the caller's to set.
// Errors (trust::RefusalOf): what the loader would refuse whoever signs, and besides
//   MISSING_DOCUMENT, PRODUCT  a plan that names a manifest that is not here, or of another product
//   BASE         a base that is not here, not of the stream, or not lower
//   EXPIRED      a plan that is over already
//   BELOW_SEEN   a number that is not the next of its stream
//   EQUIVOCATION the same number or the same rollout with other contents
//   EXISTS       another release or rollout has this name
//   PLAN_RULES   a hold is lifted for a time before the re-signed plan
absl::StatusOr<DocumentRecord> JudgeAtDoor(const trust::Envelope& envelope,
                                           const Snapshot& snapshot, absl::Time now);

// The parts, for documents that were read.
absl::Status CheckManifestAtDoor(const trust::Manifest& manifest, const base::Digest& digest,
                                 const Snapshot& snapshot);
// Of a complete plan the releases must verify already; of one that waits they must be here.
enum class PlanStage { kWaiting, kComplete };
absl::Status CheckPlanAtDoor(const trust::Plan& plan, const base::Digest& digest,
                             const Snapshot& snapshot, PlanStage stage, absl::Time now);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_DOCUMENTS_DOCUMENT_DOOR_H_
