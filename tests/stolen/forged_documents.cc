#include "tests/stolen/forged_documents.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "proto/mig/v1/manifest.pb.h"
#include "proto/mig/v1/plan.pb.h"
#include "tests/harness/files.h"
#include "trust/document_type.h"
#include "trust/manifest.h"
#include "trust/plan.h"
#include "trust/signing_key.h"

namespace mig::tests {

namespace {

template <typename Document>
absl::StatusOr<trust::Envelope> FindHeld(const std::string& state_directory,
                                         trust::DocumentType type, absl::string_view wanted,
                                         absl::string_view (*name)(const Document&)) {
  for (const std::string& path : FilesBelow(absl::StrCat(state_directory, "/documents"))) {
    MIG_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
    absl::StatusOr<trust::Envelope> envelope = trust::Envelope::ParseAny(bytes);
    if (!envelope.ok() || envelope->type() != type) continue;
    const absl::StatusOr<Document> document = Document::Parse(envelope->payload());
    if (document.ok() && name(*document) == wanted) return envelope;
  }
  return absl::NotFoundError(absl::StrCat(state_directory, " holds no document ", wanted));
}

absl::StatusOr<trust::Envelope> SignedByStrangers(trust::DocumentType type, std::string payload,
                                                  base::Random& random) {
  MIG_ASSIGN_OR_RETURN(trust::Envelope envelope,
                       trust::Envelope::Unsigned(type, std::move(payload)));
  for (int i = 0; i < 2; ++i) {
    MIG_RETURN_IF_ERROR(envelope.Sign(trust::SigningKey::Generate(random)));
  }
  return envelope;
}

}  // namespace

absl::StatusOr<trust::Envelope> HeldPlan(const std::string& state_directory,
                                         absl::string_view name) {
  return FindHeld<trust::Plan>(
      state_directory, trust::DocumentType::kPlan, name,
      [](const trust::Plan& plan) -> absl::string_view { return plan.name(); });
}

absl::StatusOr<trust::Envelope> HeldManifest(const std::string& state_directory,
                                             absl::string_view version) {
  return FindHeld<trust::Manifest>(
      state_directory, trust::DocumentType::kManifest, version,
      [](const trust::Manifest& manifest) -> absl::string_view { return manifest.version(); });
}

absl::StatusOr<trust::Envelope> ForgeManifest(const trust::Envelope& genuine,
                                              absl::string_view program, base::Random& random) {
  v1::Manifest manifest;
  if (!manifest.ParseFromString(genuine.payload())) {
    return absl::InvalidArgumentError("not a manifest");
  }
  manifest.set_version("9.9");
  manifest.set_sequence(manifest.sequence() + 1);
  for (v1::Variant& variant : *manifest.mutable_variants()) {
    for (v1::Component& component : *variant.mutable_components()) {
      if (component.name() != "agent") continue;
      component.set_size_bytes(program.size());
      component.set_sha256(std::string(base::Sha256Of(program).bytes()));
    }
  }
  return SignedByStrangers(trust::DocumentType::kManifest, manifest.SerializeAsString(), random);
}

absl::StatusOr<trust::Envelope> ForgePlan(const trust::Envelope& genuine,
                                          const base::Digest& manifest, base::Random& random) {
  v1::Plan plan;
  if (!plan.ParseFromString(genuine.payload())) return absl::InvalidArgumentError("not a plan");
  plan.set_sequence(plan.sequence() + 1);
  for (v1::PlanItem& item : *plan.mutable_items()) {
    item.set_manifest_digest(std::string(manifest.bytes()));
  }
  return SignedByStrangers(trust::DocumentType::kPlan, plan.SerializeAsString(), random);
}

}  // namespace mig::tests
