// Which documents go with an answer: what the host lacks, roots first, as many as fit.

#ifndef MIG_COORDINATOR_HANDLERS_DOCUMENT_CHOICE_H_
#define MIG_COORDINATOR_HANDLERS_DOCUMENT_CHOICE_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "base/sizes.h"
#include "coordinator/fleet/snapshot.h"
#include "trust/assignment.h"

namespace mig::coordinator {

inline constexpr size_t kMaxAnswerDocuments = 64;
// Of an answer's 1 MiB the rest is for assignment, head and framing.
inline constexpr size_t kMaxAnswerDocumentBytes = base::kMaxAnswerBytes - 32 * base::kKiB;

struct DocumentChoice {
  // Serialised envelopes; they live as long as the snapshot.
  std::vector<absl::string_view> envelopes;
  // More wait: the host has to come back at once, and gets no assignment now.
  bool more = false;
};

// Roots after `root_version`. If there are any, nothing else comes with them: which of its
// documents still verify, the host can only say when it has followed them. Else the plans that
// stand, and the manifests of `items`, as far as the host does not hold them.
DocumentChoice ChooseDocuments(const Snapshot& snapshot, uint64_t root_version,
                               const std::set<base::Digest>& held,
                               std::span<const trust::AssignmentItem> items);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_DOCUMENT_CHOICE_H_
