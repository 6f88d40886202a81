// The five signed documents, and the one table of what each must be (ADVERSARY rule: no document
// has checks of its own elsewhere).

#ifndef MIG_TRUST_DOCUMENT_TYPE_H_
#define MIG_TRUST_DOCUMENT_TYPE_H_

#include <array>
#include <cstddef>
#include <optional>
#include <ostream>

#include "absl/strings/string_view.h"

namespace mig::trust {

enum class DocumentType { kRoot, kManifest, kPlan, kAssignment, kHead };
inline constexpr std::array<DocumentType, 5> kAllDocumentTypes = {
    DocumentType::kRoot, DocumentType::kManifest, DocumentType::kPlan, DocumentType::kAssignment,
    DocumentType::kHead};

// Who may sign. The numbers are v1::Role::Kind's.
enum class RoleKind { kRoot = 1, kRelease = 2, kRollout = 3, kOnline = 4 };
inline constexpr std::array<RoleKind, 4> kAllRoleKinds = {RoleKind::kRoot, RoleKind::kRelease,
                                                          RoleKind::kRollout, RoleKind::kOnline};

struct DocumentRules {
  DocumentType type;
  absl::string_view name;          // "manifest", in messages
  absl::string_view payload_type;  // DSSE's, compared by bytes
  RoleKind role;                   // whose keys sign it
  size_t max_payload_bytes;
};

const DocumentRules& RulesOf(DocumentType type);
// Nothing for a payload type that is none of ours.
std::optional<DocumentType> DocumentTypeOf(absl::string_view payload_type);

// "root", "release", "rollout", "online".
absl::string_view NameOf(RoleKind role);

std::ostream& operator<<(std::ostream& out, DocumentType type);
std::ostream& operator<<(std::ostream& out, RoleKind role);

}  // namespace mig::trust

#endif  // MIG_TRUST_DOCUMENT_TYPE_H_
