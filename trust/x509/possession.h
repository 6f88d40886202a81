// Proof that the caller has a certificate's key, where TLS cannot say so: renewal of an expired
// certificate, or of one that a restored store does not know (docs/protocol.md, "Identity").

#ifndef MIG_TRUST_X509_POSSESSION_H_
#define MIG_TRUST_X509_POSSESSION_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "trust/x509/private_key.h"

namespace mig::trust::x509 {

// ECDSA with SHA-256, ASN.1 DER, over "MIG renew v1\0" || u32be length, trust domain || u32be
// length, csr. Bound to the request, so it is good for that request's key and no other.
std::string ProvePossession(const PrivateKey& key, absl::string_view trust_domain,
                            absl::string_view csr_der);

// POSSESSION (PermissionDenied) unless `proof` is that, by the key of `spki`.
absl::Status CheckPossession(absl::string_view spki, absl::string_view trust_domain,
                             absl::string_view csr_der, absl::string_view proof);

}  // namespace mig::trust::x509

#endif  // MIG_TRUST_X509_POSSESSION_H_
