// Certificate requests (PKCS#10, RFC 2986). Of a request only the public key and the signature that
// proves its possession are looked at: names and rights come from a template, never from who asks.

#ifndef MIG_TRUST_X509_CERTIFICATE_REQUEST_H_
#define MIG_TRUST_X509_CERTIFICATE_REQUEST_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "trust/host_id.h"
#include "trust/x509/private_key.h"

namespace mig::trust::x509 {

// A request whose self-signature holds and whose key is P-256 in the 91-byte form.
class CertificateRequest {
 public:
  // DER of a request for `key`; `common_name` ([a-z0-9._-]{1,64}) is for people. InvalidArgument
  // for another name.
  static absl::StatusOr<std::string> Make(const PrivateKey& key, absl::string_view common_name);

  // CSR (InvalidArgument): not PKCS#10, bytes after it, another kind of key, a signature that does
  // not hold. BOUND above 4 KiB, before anything is parsed.
  static absl::StatusOr<CertificateRequest> ParseDer(absl::string_view der);
  // The same in PEM armour.
  static absl::StatusOr<CertificateRequest> ParsePem(absl::string_view pem);

  const std::string& spki() const { return spki_; }
  // SHA-256 of spki: the host id, if this is its first key.
  HostId host_id() const;
  base::Digest spki_digest() const;
  // What the asker called it; untrusted, to be shown escaped; may be empty.
  const std::string& common_name() const { return common_name_; }

 private:
  CertificateRequest(std::string spki, std::string common_name);

  std::string spki_;
  std::string common_name_;
};

// "BEGIN CERTIFICATE REQUEST" around `der`.
std::string CertificateRequestPem(absl::string_view der);

}  // namespace mig::trust::x509

#endif  // MIG_TRUST_X509_CERTIFICATE_REQUEST_H_
