// Bounds of a plan's gates. What the numbers mean comes with the rollouts' statistics.

#ifndef MIG_TRUST_GATES_CHECK_H_
#define MIG_TRUST_GATES_CHECK_H_

#include "absl/status/status.h"
#include "proto/mig/v1/gates.pb.h"

namespace mig::trust {

// Ok iff every number is within the bound that gates.proto states. BOUND or MALFORMED otherwise.
absl::Status CheckGates(const v1::Gates& gates);

}  // namespace mig::trust

#endif  // MIG_TRUST_GATES_CHECK_H_
