#include "trust/document_type.h"

#include "base/sizes.h"

namespace mig::trust {

namespace {

constexpr std::array<DocumentRules, 5> kRules = {{
    {DocumentType::kRoot, "root", "application/vnd.mig.root.v1+protobuf", RoleKind::kRoot,
     base::kMaxRootBytes},
    {DocumentType::kManifest, "manifest", "application/vnd.mig.manifest.v1+protobuf",
     RoleKind::kRelease, base::kMaxManifestBytes},
    {DocumentType::kPlan, "plan", "application/vnd.mig.plan.v1+protobuf", RoleKind::kRollout,
     base::kMaxPlanBytes},
    {DocumentType::kAssignment, "assignment", "application/vnd.mig.assignment.v1+protobuf",
     RoleKind::kOnline, base::kMaxAssignmentBytes},
    {DocumentType::kHead, "head", "application/vnd.mig.head.v1+protobuf", RoleKind::kOnline,
     base::kMaxHeadBytes},
}};

}  // namespace

const DocumentRules& RulesOf(DocumentType type) { return kRules.at(static_cast<size_t>(type)); }

std::optional<DocumentType> DocumentTypeOf(absl::string_view payload_type) {
  for (const DocumentRules& rules : kRules) {
    if (rules.payload_type == payload_type) return rules.type;
  }
  return std::nullopt;
}

absl::string_view NameOf(RoleKind role) {
  switch (role) {
    case RoleKind::kRoot:
      return "root";
    case RoleKind::kRelease:
      return "release";
    case RoleKind::kRollout:
      return "rollout";
    case RoleKind::kOnline:
      return "online";
  }
  return "unknown";
}

std::ostream& operator<<(std::ostream& out, DocumentType type) { return out << RulesOf(type).name; }
std::ostream& operator<<(std::ostream& out, RoleKind role) { return out << NameOf(role); }

}  // namespace mig::trust
