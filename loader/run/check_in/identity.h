// The host's certificate: is it usable, when is it renewed, what may take its place (R1).

#ifndef MIG_LOADER_RUN_CHECK_IN_IDENTITY_H_
#define MIG_LOADER_RUN_CHECK_IN_IDENTITY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "loader/run/check_in/coordinators.h"
#include "loader/run/session/session.h"
#include "loader/state/identity_store.h"
#include "trust/host_id.h"
#include "trust/root.h"
#include "trust/x509/certificate.h"
#include "trust/x509/private_key.h"

namespace mig::loader {

// The key that waits for a certificate; made, and kept durably, if none does. So a call that is
// repeated asks with the same key.
absl::StatusOr<trust::x509::PrivateKey> PendingKey(const Host& host, IdentityStore& store);

// A request for `key`, in DER.
absl::StatusOr<std::string> RequestFor(const trust::x509::PrivateKey& key,
                                       const trust::HostId& host_id);

// What a coordinator issued, as the pair that counts from now on. CERTIFICATE unless the leaf is
// for `key`, for `host_id` in the root's trust domain, by a CA of `root`.
absl::StatusOr<IdentityPem> CheckIssued(const std::vector<std::string>& chain_der,
                                        const trust::x509::PrivateKey& key,
                                        const trust::HostId& host_id, const trust::Root& root);

// The identity to show now. An expired one is renewed by proof of possession first.
//
// Errors: NOT_ENROLLED; MACHINE_CHANGED (a cloned disk: its identity is not used);
//         CERTIFICATE_TIME (the clock is before the certificate); of the renewal
absl::StatusOr<IdentityPem> UsableIdentity(Session& session);

// The coordinator does not know the current key (its store was restored): asks with the former one,
// if there is one. Errors: UNRECORDED_KEY; of the renewal.
absl::StatusOr<IdentityPem> RenewWithFormerKey(Session& session);

// Renews over mTLS once a third of the certificate's life or less is left. A failure is a note: the
// next run tries again.
void RenewIfDue(Session& session, Coordinators& coordinators);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_CHECK_IN_IDENTITY_H_
