// Whether an assignment answers this host's this request, and asks for nothing that it may not.

#ifndef MIG_TRUST_ASSIGNMENT_CHECK_H_
#define MIG_TRUST_ASSIGNMENT_CHECK_H_

#include "absl/status/status.h"
#include "trust/assignment.h"
#include "trust/host_id.h"
#include "trust/ids.h"
#include "trust/trusted_state.h"
#include "trust/verified.h"

namespace mig::trust {

// HOST or NONCE unless it is for `host` and this `nonce`; NO_PLAN if an item without a plan names
// something else than the installed manifest, VARIANT if in another variant than the recorded one.
// Its life is CheckAssignmentLives's (trust/times.h), its documents are for CheckItemDocuments.
absl::Status CheckAssignment(const Verified<Assignment>& assignment, const HostId& host,
                             const Nonce& nonce, const TrustedState& state);

// Whether the documents that were found for one item are those it names: DIGEST for another
// manifest or plan, PRODUCT for a manifest of another product, NOT_IN_PLAN if the plan names the
// manifest neither as target nor as fallback, VARIANT for a variant that the manifest has not.
// `plan` is null for an item without one.
absl::Status CheckItemDocuments(const AssignmentItem& item, const Verified<Manifest>& manifest,
                                const Verified<Plan>* plan);

}  // namespace mig::trust

#endif  // MIG_TRUST_ASSIGNMENT_CHECK_H_
