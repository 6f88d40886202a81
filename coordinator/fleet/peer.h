// Who calls: what the transport has proved before any handler runs.

#ifndef MIG_COORDINATOR_FLEET_PEER_H_
#define MIG_COORDINATOR_FLEET_PEER_H_

#include <optional>
#include <string>

#include "base/digest.h"
#include "trust/x509/spiffe_id.h"

namespace mig::coordinator {

// A value. Nothing that a message says adds to it or changes it (ADVERSARY.md 158).
struct Peer {
  // Of a client certificate by the CA of the port's callers, within its time. Nothing on the
  // enrollment port, whose callers have none that counts.
  std::optional<trust::x509::SpiffeId> id = std::nullopt;
  // SHA-256 of that certificate's SubjectPublicKeyInfo.
  base::Digest spki_digest = {};
  // The observed address, as text without a port; at most base::kMaxAddressTextBytes.
  std::string address = {};
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_FLEET_PEER_H_
