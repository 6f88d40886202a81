#include "trust/signing_key.h"

#include <openssl/curve25519.h>
#include <openssl/mem.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/sizes.h"
#include "trust/refusal.h"

#ifndef OPENSSL_IS_BORINGSSL
#error "these are OpenSSL's headers: add @boringssl//:crypto to deps"
#endif

namespace mig::trust {

namespace {
constexpr size_t kSeedBytes = 32;
}  // namespace

SigningKey::SigningKey(const std::array<char, 64>& private_key, PublicKey public_key)
    : private_key_(private_key), public_key_(std::move(public_key)) {}

SigningKey SigningKey::Generate(base::Random& random) {
  std::array<char, kSeedBytes> seed;
  random.Fill(seed);
  absl::StatusOr<SigningKey> key = FromSeed(absl::string_view(seed.data(), seed.size()));
  OPENSSL_cleanse(seed.data(), seed.size());
  MIG_CHECK_OK(key);
  return *std::move(key);
}

absl::StatusOr<SigningKey> SigningKey::FromSeed(absl::string_view seed) {
  if (seed.size() != kSeedBytes) {
    return Refuse(v1::Refusal::MALFORMED,
                  absl::StrCat("an Ed25519 secret has 32 bytes, not ", seed.size()));
  }
  uint8_t public_key[ED25519_PUBLIC_KEY_LEN];
  std::array<char, 64> private_key;
  ED25519_keypair_from_seed(public_key, reinterpret_cast<uint8_t*>(private_key.data()),
                            reinterpret_cast<const uint8_t*>(seed.data()));
  absl::StatusOr<PublicKey> checked = PublicKey::Create(
      kEd25519, absl::string_view(reinterpret_cast<const char*>(public_key), sizeof(public_key)));
  MIG_CHECK_OK(checked);
  SigningKey key(private_key, *std::move(checked));
  OPENSSL_cleanse(private_key.data(), private_key.size());
  return key;
}

SigningKey::SigningKey(SigningKey&& other) noexcept
    : private_key_(other.private_key_), public_key_(other.public_key_) {
  OPENSSL_cleanse(other.private_key_.data(), other.private_key_.size());
}

SigningKey& SigningKey::operator=(SigningKey&& other) noexcept {
  if (this != &other) {
    private_key_ = other.private_key_;
    public_key_ = other.public_key_;
    OPENSSL_cleanse(other.private_key_.data(), other.private_key_.size());
  }
  return *this;
}

SigningKey::~SigningKey() { OPENSSL_cleanse(private_key_.data(), private_key_.size()); }

absl::StatusOr<std::string> SigningKey::Sign(absl::string_view message) const {
  std::string signature(base::kEd25519SignatureBytes, '\0');
  MIG_CHECK(ED25519_sign(reinterpret_cast<uint8_t*>(signature.data()),
                         reinterpret_cast<const uint8_t*>(message.data()), message.size(),
                         reinterpret_cast<const uint8_t*>(private_key_.data())) == 1);
  return signature;
}

}  // namespace mig::trust
