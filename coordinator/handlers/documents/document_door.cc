#include "coordinator/handlers/documents/document_door.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "proto/mig/v1/envelope.pb.h"
#include "rollout/filter.h"
#include "trust/document_type.h"
#include "trust/ids.h"
#include "trust/refusal.h"
#include "trust/verified.h"

namespace mig::coordinator {
namespace {

DocumentRecord RecordOf(const trust::Envelope& envelope, DocumentType type) {
  DocumentRecord record;
  record.digest = envelope.digest();
  record.type = type;
  record.state = DocumentState::kWaiting;
  record.envelope = envelope.Serialize();
  return record;
}

bool IsUnderSigned(const absl::Status& status) {
  return trust::RefusalOf(status) == v1::Refusal::SIGNATURES;
}

// Ok or SIGNATURES is `verdict`; whether it could be signed at all, and whether it is complete.
absl::StatusOr<DocumentState> StateOf(const absl::Status& verdict, const trust::Envelope& envelope,
                                      const Snapshot& snapshot) {
  if (verdict.ok()) return DocumentState::kComplete;
  if (!IsUnderSigned(verdict)) return verdict;
  MIG_RETURN_IF_ERROR(trust::CheckSignable(envelope, snapshot.root()));
  return DocumentState::kWaiting;
}

absl::StatusOr<DocumentRecord> JudgeRoot(const trust::Envelope& envelope,
                                         const Snapshot& snapshot) {
  DocumentRecord record = RecordOf(envelope, DocumentType::kRoot);
  MIG_ASSIGN_OR_RETURN(record.state,
                       StateOf(trust::VerifyNextRoot(record.envelope, snapshot.root()).status(),
                               envelope, snapshot));
  MIG_ASSIGN_OR_RETURN(const trust::Root root, trust::Root::Parse(envelope.payload()));
  record.sequence = root.version();
  record.issued_at = root.head().issued;
  return record;
}

absl::StatusOr<DocumentRecord> JudgeManifest(const trust::Envelope& envelope,
                                             const Snapshot& snapshot) {
  DocumentRecord record = RecordOf(envelope, DocumentType::kManifest);
  MIG_ASSIGN_OR_RETURN(record.state, StateOf(HeldDocument::Judge(record, snapshot.root())->verdict,
                                             envelope, snapshot));
  MIG_ASSIGN_OR_RETURN(const trust::Manifest manifest, trust::Manifest::Parse(envelope.payload()));
  MIG_RETURN_IF_ERROR(CheckManifestAtDoor(manifest, record.digest, snapshot));
  record.line = manifest.product();
  record.epoch = manifest.numbers().epoch;
  record.sequence = manifest.numbers().sequence;
  record.title = manifest.version();
  record.issued_at = manifest.head().issued;
  return record;
}

absl::StatusOr<DocumentRecord> JudgePlan(const trust::Envelope& envelope, const Snapshot& snapshot,
                                         absl::Time now) {
  DocumentRecord record = RecordOf(envelope, DocumentType::kPlan);
  MIG_ASSIGN_OR_RETURN(record.state, StateOf(HeldDocument::Judge(record, snapshot.root())->verdict,
                                             envelope, snapshot));
  MIG_ASSIGN_OR_RETURN(const trust::Plan plan, trust::Plan::Parse(envelope.payload()));
  const PlanStage stage =
      record.state == DocumentState::kComplete ? PlanStage::kComplete : PlanStage::kWaiting;
  MIG_RETURN_IF_ERROR(CheckPlanAtDoor(plan, record.digest, snapshot, stage, now));
  record.line = plan.stream();
  record.epoch = plan.numbers().epoch;
  record.sequence = plan.numbers().sequence;
  record.title = plan.name();
  record.rollout = plan.rollout();
  record.issued_at = plan.head().issued;
  return record;
}

}  // namespace

const trust::Role& SigningRole(const Snapshot& snapshot, trust::DocumentType type) {
  return snapshot.root()->role(trust::RulesOf(type).role);
}

absl::StatusOr<trust::Envelope> WithoutStrangers(const trust::Envelope& envelope,
                                                 const Snapshot& snapshot) {
  std::vector<trust::RoleKey> keys = SigningRole(snapshot, envelope.type()).keys;
  if (envelope.type() == trust::DocumentType::kRoot) {
    MIG_ASSIGN_OR_RETURN(const trust::Root root, trust::Root::Parse(envelope.payload()));
    const std::vector<trust::RoleKey>& own = root.role(trust::RoleKind::kRoot).keys;
    keys.insert(keys.end(), own.begin(), own.end());
  }
  const absl::string_view payload_type = trust::RulesOf(envelope.type()).payload_type;
  const std::string message = trust::PreAuthenticationEncoding(payload_type, envelope.payload());
  v1::Envelope kept;
  kept.set_payload(envelope.payload());
  kept.set_payload_type(std::string(payload_type));
  std::set<trust::KeyId> done;
  for (const trust::RoleKey& key : keys) {
    if (done.contains(key.key.id())) continue;
    for (const trust::EnvelopeSignature& signature : envelope.signatures()) {
      const bool holds =
          signature.key_id == key.key.id().bytes() && key.key.Verify(message, signature.signature);
      if (!holds) continue;
      v1::Signature& added = *kept.add_signatures();
      added.set_key_id(signature.key_id);
      added.set_signature(signature.signature);
      done.insert(key.key.id());
      break;
    }
  }
  return trust::Envelope::Parse(kept.SerializeAsString(), envelope.type());
}

absl::Status CheckManifestAtDoor(const trust::Manifest& manifest, const base::Digest& digest,
                                 const Snapshot& snapshot) {
  const trust::RootProduct* product = snapshot.root()->product(manifest.product());
  if (product == nullptr) {
    return trust::Refuse(v1::Refusal::NOT_IN_ROOT,
                         absl::StrCat("root ", snapshot.root()->version(), " has no product '",
                                      manifest.product(), "'"));
  }
  if (manifest.numbers().epoch != product->epoch) {
    return trust::Refuse(v1::Refusal::EPOCH,
                         absl::StrCat(manifest.product(), ": epoch ", manifest.numbers().epoch,
                                      ", the root has ", product->epoch));
  }
  if (manifest.numbers().sequence < product->floor) {
    return trust::Refuse(
        v1::Refusal::BELOW_FLOOR,
        absl::StrCat(manifest.product(), ": sequence ", manifest.numbers().sequence,
                     " is below the floor ", product->floor));
  }
  for (const trust::Variant& variant : manifest.variants()) {
    MIG_RETURN_IF_ERROR(
        rollout::Filter::ParseSigned(variant.filter, rollout::FieldSet::kVariant).status());
  }
  for (const auto& [other, held] : snapshot.documents()) {
    const DocumentRecord& record = held->record;
    if (other == digest || record.type != DocumentType::kManifest ||
        record.state != DocumentState::kComplete || record.line != manifest.product()) {
      continue;
    }
    const bool same_number =
        record.epoch == manifest.numbers().epoch && record.sequence == manifest.numbers().sequence;
    if (same_number) {
      return trust::Refuse(v1::Refusal::EQUIVOCATION,
                           absl::StrCat(manifest.product(), ": sequence ", record.sequence,
                                        " is version ", record.title, " already"));
    }
    if (record.title == manifest.version()) {
      return trust::Refuse(v1::Refusal::EXISTS,
                           absl::StrCat(manifest.product(), "@", record.title,
                                        " is there already, as sequence ", record.sequence));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<DocumentRecord> JudgeAtDoor(const trust::Envelope& envelope,
                                           const Snapshot& snapshot, absl::Time now) {
  switch (envelope.type()) {
    case trust::DocumentType::kRoot:
      return JudgeRoot(envelope, snapshot);
    case trust::DocumentType::kManifest:
      return JudgeManifest(envelope, snapshot);
    case trust::DocumentType::kPlan:
      return JudgePlan(envelope, snapshot, now);
    case trust::DocumentType::kAssignment:
    case trust::DocumentType::kHead:
      break;
  }
  return trust::Refuse(v1::Refusal::PAYLOAD_TYPE,
                       "only roots, manifests and plans are uploaded; the coordinator itself signs "
                       "the rest");
}

}  // namespace mig::coordinator
