#include "coordinator/handlers/documents/document_view.h"

#include <algorithm>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "coordinator/handlers/documents/document_door.h"
#include "trust/plan.h"
#include "trust/refusal.h"
#include "trust/verified.h"

namespace mig::coordinator {
namespace {

v1::DocumentKind KindOf(DocumentType type) {
  switch (type) {
    case DocumentType::kRoot:
      return v1::DOCUMENT_KIND_ROOT;
    case DocumentType::kManifest:
      return v1::DOCUMENT_KIND_MANIFEST;
    case DocumentType::kPlan:
      break;
  }
  return v1::DOCUMENT_KIND_PLAN;
}

uint32_t ThresholdOf(const trust::Role& role, const trust::Envelope& envelope) {
  if (envelope.type() != trust::DocumentType::kPlan) return role.threshold;
  const absl::StatusOr<trust::Plan> plan = trust::Plan::Parse(envelope.payload());
  return plan.ok() && plan->emergency() ? role.emergency_threshold : role.threshold;
}

absl::Status VerdictOf(const HeldDocument& held, const Snapshot& snapshot) {
  const bool is_waiting_root =
      held.record.type == DocumentType::kRoot && held.record.state == DocumentState::kWaiting;
  if (!is_waiting_root) return held.verdict;
  return trust::VerifyNextRoot(held.record.envelope, snapshot.root()).status();
}

}  // namespace

std::string DocumentName(const DocumentRecord& record) {
  switch (record.type) {
    case DocumentType::kRoot:
      return absl::StrCat("root-", record.sequence);
    case DocumentType::kManifest:
      return absl::StrCat(record.line, "@", record.title);
    case DocumentType::kPlan:
      break;
  }
  return record.title;
}

v1::DocumentInfo InfoOf(const HeldDocument& held, const Snapshot& snapshot) {
  const DocumentRecord& record = held.record;
  v1::DocumentInfo info;
  info.set_envelope(record.envelope);
  info.set_digest(std::string(record.digest.bytes()));
  info.set_kind(KindOf(record.type));
  info.set_name(DocumentName(record));
  info.set_uploaded_by(record.added_by);
  info.set_uploaded_ms(absl::ToUnixMillis(record.added_at));
  const absl::Status verdict = VerdictOf(held, snapshot);
  info.mutable_refusal()->set_code(v1::Refusal::NONE);
  if (!verdict.ok()) {
    *info.mutable_refusal() = trust::ToMessage(verdict, v1::Refusal::MALFORMED);
  }

  const absl::StatusOr<trust::Envelope> envelope = trust::Envelope::ParseAny(record.envelope);
  if (!envelope.ok()) return info;
  const trust::Role& role = SigningRole(snapshot, envelope->type());
  const std::vector<trust::KeyId> signers = trust::SignersOf(*envelope, role);
  info.set_signature_count(static_cast<uint32_t>(signers.size()));
  info.set_threshold(ThresholdOf(role, *envelope));
  std::vector<std::string> names;
  for (const trust::RoleKey& key : role.keys) {
    if (std::ranges::find(signers, key.key.id()) != signers.end()) names.push_back(key.name);
  }
  std::ranges::sort(names);
  for (const std::string& name : names) info.add_signed_by(name);
  return info;
}

bool WaitsFor(const HeldDocument& held, const Snapshot& snapshot, const trust::KeyId& key) {
  if (held.record.state != DocumentState::kWaiting) return false;
  const absl::StatusOr<trust::Envelope> envelope = trust::Envelope::ParseAny(held.record.envelope);
  if (!envelope.ok()) return false;
  const trust::Role& role = SigningRole(snapshot, envelope->type());
  const bool may_sign = std::ranges::any_of(
      role.keys, [&key](const trust::RoleKey& one) { return one.key.id() == key; });
  const std::vector<trust::KeyId> signers = trust::SignersOf(*envelope, role);
  return may_sign && std::ranges::find(signers, key) == signers.end();
}

std::set<base::Digest> MissingContents(const trust::Manifest& manifest, BlobStore& blobs) {
  std::set<base::Digest> missing;
  for (const trust::Variant& variant : manifest.variants()) {
    for (const trust::Component& component : variant.components) {
      if (component.size_bytes == 0 || blobs.Size(component.digest).ok()) continue;
      missing.insert(component.digest);
    }
  }
  return missing;
}

}  // namespace mig::coordinator
