// Before a signature: what the document says, decoded here from its bytes, what it changes against
// the last trusted one, and whether hosts would take it. Nothing that a server says is believed.

#ifndef MIG_CTL_DOCUMENTS_REVIEW_H_
#define MIG_CTL_DOCUMENTS_REVIEW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ctl/documents/screen.h"
#include "trust/envelope.h"
#include "trust/key_file.h"
#include "trust/manifest.h"
#include "trust/plan.h"
#include "trust/root.h"
#include "trust/verified.h"

namespace mig::ctl {

// What a document is compared with. All borrowed.
struct ReviewContext {
  // The newest trusted root; null only for a first root, which nothing vouches for.
  const trust::Verified<trust::Root>* root = nullptr;
  // The last trusted document of the same product or stream; null: nothing to compare.
  const trust::Verified<trust::Manifest>* last_manifest = nullptr;
  const trust::Verified<trust::Plan>* last_plan = nullptr;
  // Manifests that a plan names, verified here.
  ReleaseNames releases;
};

struct Review {
  std::string name;          // "root-1", "agent@4.2.0", "agent-4.2"
  std::string screen;        // what is signed, and what it changes; ends with a line break
  std::string ask;           // "type the plan's name"
  std::string confirmation;  // what to type: the plan's name, else the digest's first 8 digits
};

// Whether it may be signed, and what to show. Errors: what trust::CheckSignable refuses; a plan as
// LintPlan, or MISSING_DOCUMENT if a manifest of it was not verified; BELOW_SEEN for a sequence
// below the last trusted one, EQUIVOCATION for an equal one with other bytes.
absl::StatusOr<Review> ReviewForSigning(const trust::Envelope& envelope,
                                        const ReviewContext& context);

// The same screen without the judgement: for `show`.
absl::StatusOr<Review> Describe(const trust::Envelope& envelope, const ReviewContext& context);

// How many of how many have signed, by the keys of the role that signs this document.
struct SignatureCount {
  std::vector<std::string> signed_by;  // names of keys, sorted
  uint32_t threshold = 0;
  bool is_complete = false;
  // "2 of 2 (o1 o2)".
  std::string Words() const;
};
// Of a Root: by its own root role, and, where context.root is its predecessor, complete only when
// that one's threshold is kept too.
absl::StatusOr<SignatureCount> CountSignatures(const trust::Envelope& envelope,
                                               const ReviewContext& context);

// Signs with `key` and checks the signature. PermissionDenied if the key is not of the role that
// signs such a document: nothing was signed.
absl::StatusOr<trust::Envelope> SignWith(const trust::Envelope& envelope,
                                         const trust::NamedSigningKey& key,
                                         const ReviewContext& context);

}  // namespace mig::ctl

#endif  // MIG_CTL_DOCUMENTS_REVIEW_H_
