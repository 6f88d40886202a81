// ECDSA P-256 keys of hosts, operators, servers and certificate authorities. (Documents are signed
// with other keys: trust/signing_key.h.) BoringSSL's types stay in the .cc.

#ifndef MIG_TRUST_X509_PRIVATE_KEY_H_
#define MIG_TRUST_X509_PRIVATE_KEY_H_

#include <memory>
#include <optional>
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
  // PKCS#8 in PEM ("BEGIN PRIVATE KEY", or "BEGIN ENCRYPTED PRIVATE KEY" with a passphrase), P-256
  // only, at most 16 KiB. InvalidArgument says what it is instead (RSA, a certificate, encrypted
  // and no passphrase); PermissionDenied: wrong passphrase; BOUND.
  static absl::StatusOr<PrivateKey> FromPem(
      absl::string_view pem, std::optional<absl::string_view> passphrase = std::nullopt);

  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  ~PrivateKey();

  // Unencrypted: write it 0600. What gRPC takes as a key.
  std::string ToPem() const;
  // PBES2 (RFC 8018) with AES-256-CBC: for the servers' CA, whose key lies offline. `passphrase` is
  // not empty.
  std::string ToEncryptedPem(absl::string_view passphrase, base::Random& random) const;
  // SubjectPublicKeyInfo in DER, 91 bytes.
  const std::string& spki() const { return spki_; }
  // ECDSA with SHA-256 over `message`, ASN.1 DER, at most 72 bytes. Other bytes each time.
  std::string Sign(absl::string_view message) const;

 private:
  struct Native;  // an EVP_PKEY
  PrivateKey(std::unique_ptr<Native> native, std::string spki);

  std::unique_ptr<Native> native_;
  std::string spki_;
};

// Whether `signature` over `message` is by the P-256 key of `spki` (DER, the 91-byte form).
bool VerifyEcdsa(absl::string_view spki, absl::string_view message, absl::string_view signature);

}  // namespace mig::trust::x509

#endif  // MIG_TRUST_X509_PRIVATE_KEY_H_
