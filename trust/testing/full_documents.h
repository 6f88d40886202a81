// The five documents with every field set that may be: for golden bytes, and for tests that take
// one field after the other away.

#ifndef MIG_TRUST_TESTING_FULL_DOCUMENTS_H_
#define MIG_TRUST_TESTING_FULL_DOCUMENTS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "proto/mig/v1/assignment.pb.h"
#include "proto/mig/v1/manifest.pb.h"
#include "proto/mig/v1/plan.pb.h"
#include "proto/mig/v1/root.pb.h"
#include "trust/document_type.h"
#include "trust/testing/test_authority.h"

namespace mig::trust::testing {

v1::Root FullRoot(const TestAuthority& authority);
v1::Manifest FullManifest(const TestAuthority& authority);
v1::Plan FullPlan(const TestAuthority& authority);
v1::Assignment FullAssignment(const TestAuthority& authority);
v1::Head FullHead(const TestAuthority& authority);

// Signed, as it is; and whether `envelope` verifies as a document of this type (of a root: as the
// one that trust begins with).
std::string SignedFull(const TestAuthority& authority, DocumentType type);
absl::Status TryVerify(const TestAuthority& authority, DocumentType type,
                       absl::string_view envelope);

}  // namespace mig::trust::testing

#endif  // MIG_TRUST_TESTING_FULL_DOCUMENTS_H_
