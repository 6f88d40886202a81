// ECDSA P-256 keys of hosts, operators, servers and certificate authorities. (Documents are signed
// with other keys: trust/signing_key.h.) BoringSSL's types stay in the .cc.

#ifndef MIG_TRUST_X509_PRIVATE_KEY_H_
#define MIG_TRUST_X509_PRIVATE_KEY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/random.h"

namespace mig::trust::x509 {

// Move-only; wipes itself. Const methods may be called from any thread.
class PrivateKey {
 public:
  // A new key, derived from 32 bytes of `random`: the same bytes give the same key.
  static PrivateKey Generate(base::Random& random);
  // PKCS#8 in PEM ("BEGIN PRIVATE KEY"), P-256 only, at most 16 KiB. InvalidArgument says what it
  // is instead (encrypted, RSA, a certificate); ResourceExhausted above the bound.
  static absl::StatusOr<PrivateKey> FromPem(absl::string_view pem);

  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  ~PrivateKey();

  // Write it 0600. What gRPC takes as a key.
  std::string ToPem() const;
  // SubjectPublicKeyInfo in DER, 91 bytes.
  const std::string& spki() const { return spki_; }
  // ECDSA with SHA-256 over `message`, ASN.1 DER, at most 72 bytes. Other bytes each time.
  std::string Sign(absl::string_view message) const;

  // For the .cc files of this folder: an EVP_PKEY.
  struct Native;
  const Native& native() const { return *native_; }

 private:
  PrivateKey(std::unique_ptr<Native> native, std::string spki);

  std::unique_ptr<Native> native_;
  std::string spki_;
};

// Whether `signature` over `message` is by the P-256 key of `spki` (DER, the 91-byte form).
bool VerifyEcdsa(absl::string_view spki, absl::string_view message, absl::string_view signature);

}  // namespace mig::trust::x509

#endif  // MIG_TRUST_X509_PRIVATE_KEY_H_
