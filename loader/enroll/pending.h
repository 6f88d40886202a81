// An enrollment that waits for an operator: later runs ask how it was decided.

#ifndef MIG_LOADER_ENROLL_PENDING_H_
#define MIG_LOADER_ENROLL_PENDING_H_

#include "absl/status/status.h"
#include "loader/run/session/session.h"
#include "loader/state/identity_store.h"
#include "proto/mig/v1/enrollment_service.pb.h"
#include "trust/host_id.h"
#include "trust/x509/private_key.h"

namespace mig::loader {

// Takes what the coordinator answered: a certificate becomes the host's identity, a request that
// waits is remembered. Errors: PENDING (it waits; names it), DENIED, CERTIFICATE; of the disk.
absl::Status TakeDecision(Session& session, const v1::EnrollAnswer& answer,
                          const trust::x509::PrivateKey& key);

// Asks again for a request that waits. Ok: it is enrolled now. Errors: NOT_ENROLLED if nothing
// waits; as above; of the call.
absl::Status PollEnrollment(Session& session);

}  // namespace mig::loader

#endif  // MIG_LOADER_ENROLL_PENDING_H_
