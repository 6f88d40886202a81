// The seam for one signature, and the key in memory that makes it.

#ifndef MIG_TRUST_SIGNING_KEY_H_
#define MIG_TRUST_SIGNING_KEY_H_

#include <array>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/random.h"
#include "trust/public_key.h"

namespace mig::trust {

// One signature: a key file, a token behind PKCS#11, a test key. Any thread, unless an
// implementation says otherwise.
class Signer {
 public:
  virtual ~Signer() = default;

  virtual const PublicKey& public_key() const = 0;
  // The signature over `message` as it is. Errors: Unavailable (a token that is not there).
  virtual absl::StatusOr<std::string> Sign(absl::string_view message) const = 0;
};

// An Ed25519 key (RFC 8032; its signatures are deterministic). Wipes itself. Copies are explicit.
class SigningKey : public Signer {
 public:
  static SigningKey Generate(base::Random& random);
  // From RFC 8032's 32-byte secret. MALFORMED for another size.
  static absl::StatusOr<SigningKey> FromSeed(absl::string_view seed);

  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;
  ~SigningKey() override;

  const PublicKey& public_key() const override { return public_key_; }
  absl::StatusOr<std::string> Sign(absl::string_view message) const override;

  // The 32 secret bytes, to be written by trust/key_file.h and nobody else. Valid as long as this.
  absl::string_view seed() const { return absl::string_view(private_key_.data(), 32); }

 private:
  SigningKey(const std::array<char, 64>& private_key, PublicKey public_key);

  std::array<char, 64> private_key_;  // seed || public key, as BoringSSL has it
  PublicKey public_key_;
};

}  // namespace mig::trust

#endif  // MIG_TRUST_SIGNING_KEY_H_
