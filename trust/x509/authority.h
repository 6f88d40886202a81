// The three certificate authorities: the servers', offline; the loaders' and the operators', the
// coordinator's. None of them can sign a document. Certificates are issued by template: whoever
// asks chooses the key, and nothing else.

#ifndef MIG_TRUST_X509_AUTHORITY_H_
#define MIG_TRUST_X509_AUTHORITY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/random.h"
#include "trust/x509/certificate.h"
#include "trust/x509/private_key.h"
#include "trust/x509/spiffe_id.h"

namespace mig::trust::x509 {

// What whom to issue for: everything but the key. Loaders and operators get client authentication,
// coordinators server authentication.
struct CertificateTemplate {
  SpiffeId id;
  absl::Time not_before;
  absl::Time not_after;
  // A coordinator's only, and it needs one: gRPC refuses a server with only a URI. DNS names in
  // lower case (RFC 1123, a leading "*." allowed), addresses as text; together at most 16.
  std::vector<std::string> dns_names = {};
  std::vector<std::string> ip_addresses = {};
};

// A CA certificate with its key. Move-only. Const methods may be called from any thread.
class Authority {
 public:
  // A new self-signed CA: path length 0, may sign certificates only. `common_name`
  // ([a-zA-Z0-9 ._-]{1,64}) is for people, "corp.example loaders".
  static absl::StatusOr<Authority> Create(absl::string_view common_name, absl::Time not_before,
                                          absl::Time not_after, base::Random& random);
  // FailedPrecondition if the key is not the certificate's, or the certificate no CA's.
  static absl::StatusOr<Authority> Load(Certificate certificate, PrivateKey key);

  const Certificate& certificate() const { return certificate_; }
  const PrivateKey& key() const { return key_; }

  // A leaf for the key of `spki` (91-byte form): serial number of 16 random bytes, subject = the
  // template's name. InvalidArgument: a key of another kind (CSR), not_after <= not_before, SANs
  // where none may be or missing where one must; FailedPrecondition: it would outlive this CA.
  absl::StatusOr<Certificate> Issue(absl::string_view spki, const CertificateTemplate& wanted,
                                    base::Random& random) const;

 private:
  Authority(Certificate certificate, PrivateKey key);

  Certificate certificate_;
  PrivateKey key_;
};

}  // namespace mig::trust::x509

#endif  // MIG_TRUST_X509_AUTHORITY_H_
