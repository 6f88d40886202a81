// Who a host is, for ever: the digest of its first public key (R1). Nobody hands out host ids, so
// nobody can hand out one that falls into the first wave.

#ifndef MIG_TRUST_HOST_ID_H_
#define MIG_TRUST_HOST_ID_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "trust/ids.h"

namespace mig::trust {

// 32 bytes; in SPIFFE ids, tables and files as 64 lower-case hex digits.
using HostId = FixedBytes<struct HostIdTag, 32>;

// SHA-256 of the SubjectPublicKeyInfo of the host's *first* key. CSR (InvalidArgument) unless
// `spki_der` has the one form that a host key may have (CheckHostKeySpki).
absl::StatusOr<HostId> HostIdOf(absl::string_view spki_der);

// Ok iff `spki_der` is id-ecPublicKey, prime256v1 by name, an uncompressed point: 91 bytes
// (RFC 5480). Whether the point lies on the curve is for who parses the key. Else CSR.
absl::Status CheckHostKeySpki(absl::string_view spki_der);

// SHA-256("MIG machine v1\0" || machine id): what a check-in says instead of the machine id.
base::Digest MachineDigest(absl::string_view machine_id);

}  // namespace mig::trust

#endif  // MIG_TRUST_HOST_ID_H_
