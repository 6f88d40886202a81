// Which documents go with an answer: what the host lacks, roots first, as many as fit.

#ifndef MIG_COORDINATOR_HANDLERS_CHECK_IN_DOCUMENT_CHOICE_H_
#define MIG_COORDINATOR_HANDLERS_CHECK_IN_DOCUMENT_CHOICE_H_

#include <cstddef>
#include <span>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/sizes.h"
#include "coordinator/fleet/snapshot.h"
#include "coordinator/handlers/check_in/check_in_request.h"
#include "trust/assignment.h"

namespace mig::coordinator {

struct DocumentChoice {
  // Serialised envelopes; they live as long as the snapshot.
  std::vector<absl::string_view> envelopes;
  // More wait: the host has to come back at once, and gets no assignment now.
  bool more = false;
};

// Roots after the host's. If there are any, nothing else comes with them: which of its documents
// still verify, the host can only say when it has followed them. Else what it does not hold of: the
// plans that stand, the manifests of `items`, those of what it has installed, and, so that it can
// explain by itself what is to come, those that the plans name for its products.
DocumentChoice ChooseDocuments(const Snapshot& snapshot, const CheckInFacts& said,
                               std::span<const trust::AssignmentItem> items);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_CHECK_IN_DOCUMENT_CHOICE_H_
