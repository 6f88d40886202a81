#include "trust/x509/private_key.h"

#include <openssl/bytestring.h>
#include <openssl/cipher.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/nid.h>
#include <openssl/pkcs8.h>

#include <array>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "trust/host_id.h"
#include "trust/pem.h"
#include "trust/refusal.h"

#ifndef OPENSSL_IS_BORINGSSL
#error "these are OpenSSL's headers: add @boringssl//:crypto to deps"
#endif

namespace mig::trust::x509 {

namespace {

constexpr absl::string_view kPlainLabel = "PRIVATE KEY";
constexpr absl::string_view kEncryptedLabel = "ENCRYPTED PRIVATE KEY";
constexpr size_t kSecretBytes = 32;
constexpr size_t kSaltBytes = 16;
constexpr int kIterations = 600'000;  // OWASP's advice for PBKDF2, about 0.3 s

const uint8_t* Data(absl::string_view bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

std::string Finish(CBB* cbb) {
  uint8_t* bytes = nullptr;
  size_t size = 0;
  MIG_CHECK(CBB_finish(cbb, &bytes, &size) == 1);
  const std::string result(reinterpret_cast<const char*>(bytes), size);
  OPENSSL_cleanse(bytes, size);
  OPENSSL_free(bytes);
  return result;
}

std::string SpkiOf(const EVP_PKEY* key) {
  bssl::ScopedCBB cbb;
  MIG_CHECK(CBB_init(cbb.get(), 128) == 1 && EVP_marshal_public_key(cbb.get(), key) == 1);
  return Finish(cbb.get());
}

absl::StatusOr<PemBlock> KeyBlock(absl::string_view pem) {
  if (pem.size() > base::kMaxKeyFileBytes) {
    return Refuse(v1::Refusal::BOUND,
                  absl::StrCat("this has ", pem.size(), " bytes, a private key at most ",
                               base::kMaxKeyFileBytes));
  }
  MIG_ASSIGN_OR_RETURN(std::vector<PemBlock> blocks, DecodePem(pem, 1));
  const std::string& label = blocks[0].label;
  if (label != kPlainLabel && label != kEncryptedLabel) {
    return Refuse(v1::Refusal::MALFORMED,
                  absl::StrCat("this is \"", base::Escaped(label), "\", not \"", kPlainLabel,
                               "\"; `openssl pkcs8 -topk8 -nodes` converts other private keys"));
  }
  return std::move(blocks[0]);
}

absl::StatusOr<bssl::UniquePtr<EVP_PKEY>> ReadKey(const PemBlock& block,
                                                  std::optional<absl::string_view> passphrase) {
  CBS cbs;
  CBS_init(&cbs, Data(block.bytes), block.bytes.size());
  bssl::UniquePtr<EVP_PKEY> key;
  if (block.label == kPlainLabel) {
    key.reset(EVP_parse_private_key(&cbs));
  } else if (passphrase.has_value()) {
    key.reset(PKCS8_parse_encrypted_private_key(&cbs, passphrase->data(), passphrase->size()));
  } else {
    return absl::InvalidArgumentError("this private key is encrypted: its passphrase is needed");
  }
  ERR_clear_error();
  if (key != nullptr && CBS_len(&cbs) == 0) return key;
  if (block.label == kEncryptedLabel) {
    return absl::PermissionDeniedError(
        "the passphrase of this private key is wrong (or the file was damaged)");
  }
  return Refuse(v1::Refusal::MALFORMED, "this private key is damaged: it is not PKCS#8");
}

}  // namespace

struct PrivateKey::Native {
  bssl::UniquePtr<EVP_PKEY> key;
};

PrivateKey::PrivateKey(std::unique_ptr<Native> native, std::string spki)
    : native_(std::move(native)), spki_(std::move(spki)) {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

PrivateKey PrivateKey::Generate(base::Random& random) {
  std::array<char, kSecretBytes> secret;
  random.Fill(secret);
  const bssl::UniquePtr<EC_GROUP> group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  const bssl::UniquePtr<EC_KEY> ec_key(EC_KEY_derive_from_secret(
      group.get(), reinterpret_cast<const uint8_t*>(secret.data()), secret.size()));
  OPENSSL_cleanse(secret.data(), secret.size());
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  MIG_CHECK(ec_key && key && EVP_PKEY_set1_EC_KEY(key.get(), ec_key.get()) == 1);
  std::string spki = SpkiOf(key.get());
  auto native = std::make_unique<Native>();
  native->key = std::move(key);
  return PrivateKey(std::move(native), std::move(spki));
}

absl::StatusOr<PrivateKey> PrivateKey::FromPem(absl::string_view pem,
                                               std::optional<absl::string_view> passphrase) {
  MIG_ASSIGN_OR_RETURN(PemBlock block, KeyBlock(pem));
  absl::StatusOr<bssl::UniquePtr<EVP_PKEY>> key = ReadKey(block, passphrase);
  OPENSSL_cleanse(block.bytes.data(), block.bytes.size());
  if (!key.ok()) return key.status();
  std::string spki = SpkiOf(key->get());
  if (!CheckHostKeySpki(spki).ok()) {
    return Refuse(v1::Refusal::MALFORMED, "this private key is of another kind than ECDSA P-256");
  }
  auto native = std::make_unique<Native>();
  native->key = *std::move(key);
  return PrivateKey(std::move(native), std::move(spki));
}

std::string PrivateKey::ToPem() const {
  bssl::ScopedCBB cbb;
  MIG_CHECK(CBB_init(cbb.get(), 256) == 1 &&
            EVP_marshal_private_key(cbb.get(), native_->key.get()) == 1);
  std::string der = Finish(cbb.get());
  std::string pem = EncodePem(kPlainLabel, der);
  OPENSSL_cleanse(der.data(), der.size());
  return pem;
}

std::string PrivateKey::ToEncryptedPem(absl::string_view passphrase, base::Random& random) const {
  MIG_CHECK(!passphrase.empty());
  const std::string salt = random.Bytes(kSaltBytes);
  bssl::ScopedCBB cbb;
  MIG_CHECK(CBB_init(cbb.get(), 512) == 1 &&
            PKCS8_marshal_encrypted_private_key(cbb.get(), -1, EVP_aes_256_cbc(), passphrase.data(),
                                                passphrase.size(), Data(salt), salt.size(),
                                                kIterations, native_->key.get()) == 1);
  return EncodePem(kEncryptedLabel, Finish(cbb.get()));
}

std::string PrivateKey::Sign(absl::string_view message) const {
  bssl::ScopedEVP_MD_CTX ctx;
  MIG_CHECK(EVP_DigestSignInit(ctx.get(), nullptr, EVP_sha256(), nullptr, native_->key.get()) == 1);
  size_t size = 0;
  MIG_CHECK(EVP_DigestSign(ctx.get(), nullptr, &size, Data(message), message.size()) == 1);
  std::string signature(size, '\0');
  MIG_CHECK(EVP_DigestSign(ctx.get(), reinterpret_cast<uint8_t*>(signature.data()), &size,
                           Data(message), message.size()) == 1);
  signature.resize(size);
  return signature;
}

bool VerifyEcdsa(absl::string_view spki, absl::string_view message, absl::string_view signature) {
  if (!CheckHostKeySpki(spki).ok()) return false;
  CBS cbs;
  CBS_init(&cbs, Data(spki), spki.size());
  const bssl::UniquePtr<EVP_PKEY> key(EVP_parse_public_key(&cbs));
  bssl::ScopedEVP_MD_CTX ctx;
  const bool holds =
      key != nullptr && CBS_len(&cbs) == 0 &&
      EVP_DigestVerifyInit(ctx.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
      EVP_DigestVerify(ctx.get(), Data(signature), signature.size(), Data(message),
                       message.size()) == 1;
  ERR_clear_error();
  return holds;
}

}  // namespace mig::trust::x509
