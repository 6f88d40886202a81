#include "trust/key_file.h"

#include <openssl/aead.h>
#include <openssl/evp.h>
#include <openssl/mem.h>

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "trust/names.h"
#include "trust/pem.h"
#include "trust/refusal.h"

#ifndef OPENSSL_IS_BORINGSSL
#error "these are OpenSSL's headers: add @boringssl//:crypto to deps"
#endif

namespace mig::trust {

namespace {

constexpr absl::string_view kEncryptedLabel = "MIG ENCRYPTED KEY";
constexpr absl::string_view kPlainLabel = "MIG KEY";
constexpr absl::string_view kPublicPrefix = "mig-key-v1";
constexpr absl::string_view kEd25519Word = "ed25519";
constexpr char kFormat = 1;
constexpr uint8_t kScryptR = 8;
constexpr uint8_t kScryptP = 1;
constexpr size_t kSaltBytes = 16;
constexpr size_t kNonceBytes = 12;
constexpr size_t kSeedBytes = 32;
constexpr size_t kSealBytes = 16;
constexpr size_t kFixedBytes = 5 + kSaltBytes + kNonceBytes + 1;  // up to the name

absl::Status Malformed(absl::string_view what) { return Refuse(v1::Refusal::MALFORMED, what); }

const uint8_t* Data(absl::string_view bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}
uint8_t* Data(std::string& bytes) { return reinterpret_cast<uint8_t*>(bytes.data()); }

absl::Status CheckName(absl::string_view name) {
  if (IsOperatorName(name)) return absl::OkStatus();
  return Malformed("a key's name is 1 to 64 of a-z 0-9 . _ -");
}

absl::StatusOr<absl::string_view> LabelOf(absl::string_view file) {
  if (file.size() > base::kMaxKeyFileBytes) {
    return Refuse(v1::Refusal::BOUND,
                  absl::StrCat("this has ", file.size(), " bytes, a key file at most ",
                               base::kMaxKeyFileBytes));
  }
  const absl::string_view text = absl::StripAsciiWhitespace(file);
  for (const absl::string_view label : {kEncryptedLabel, kPlainLabel}) {
    if (absl::StartsWith(text, absl::StrCat("-----BEGIN ", label, "-----"))) return label;
  }
  if (absl::StartsWith(text, kPublicPrefix)) {
    return Malformed("this is a public key file, the private one is needed (without .pub)");
  }
  return Malformed(absl::StrCat("this is no private key file: it does not begin with -----BEGIN ",
                                kEncryptedLabel, "-----; make one with `migctl key new`"));
}

// Everything before the seed: what the seal authenticates.
struct Header {
  uint8_t log2_n = 0;
  uint8_t r = 0;
  uint8_t p = 0;
  std::string salt = std::string(kSaltBytes, '\0');
  std::string nonce = std::string(kNonceBytes, '\0');
  std::string name;
  std::string public_key;
};

std::string Encode(const Header& header) {
  std::string bytes = {kFormat, static_cast<char>(kEd25519), static_cast<char>(header.log2_n),
                       static_cast<char>(header.r), static_cast<char>(header.p)};
  absl::StrAppend(&bytes, header.salt, header.nonce);
  bytes.push_back(static_cast<char>(header.name.size()));
  absl::StrAppend(&bytes, header.name, header.public_key);
  return bytes;
}

// `rest` becomes what follows the header.
absl::StatusOr<Header> Decode(absl::string_view bytes, absl::string_view& rest) {
  const absl::Status cut_off = Malformed("this private key file is cut off or damaged");
  if (bytes.size() < kFixedBytes) return cut_off;
  if (bytes[0] != kFormat || static_cast<uint8_t>(bytes[1]) != kEd25519) {
    return Refuse(v1::Refusal::UNSUPPORTED,
                  "this private key file is of a format or algorithm that this program does not "
                  "know: install a newer version of it");
  }
  Header header;
  header.log2_n = static_cast<uint8_t>(bytes[2]);
  header.r = static_cast<uint8_t>(bytes[3]);
  header.p = static_cast<uint8_t>(bytes[4]);
  header.salt = std::string(bytes.substr(5, kSaltBytes));
  header.nonce = std::string(bytes.substr(5 + kSaltBytes, kNonceBytes));
  const size_t name_size = static_cast<uint8_t>(bytes[kFixedBytes - 1]);
  if (bytes.size() < kFixedBytes + name_size + base::kEd25519PublicKeyBytes + kSeedBytes) {
    return cut_off;
  }
  header.name = std::string(bytes.substr(kFixedBytes, name_size));
  MIG_RETURN_IF_ERROR(CheckName(header.name));
  header.public_key =
      std::string(bytes.substr(kFixedBytes + name_size, base::kEd25519PublicKeyBytes));
  rest = bytes.substr(kFixedBytes + name_size + base::kEd25519PublicKeyBytes);
  return header;
}

absl::StatusOr<std::string> DeriveKey(const Header& header, absl::string_view passphrase) {
  if (header.log2_n < base::kMinKeyFileLog2N || header.log2_n > base::kMaxKeyFileLog2N ||
      header.r != kScryptR || header.p != kScryptP) {
    return Refuse(v1::Refusal::BOUND,
                  absl::StrCat("a passphrase cost of 2^", header.log2_n, ", r ", header.r, ", p ",
                               header.p, " is outside 2^", base::kMinKeyFileLog2N, " to 2^",
                               base::kMaxKeyFileLog2N, ", r 8, p 1"));
  }
  std::string key(32, '\0');
  const uint64_t n = uint64_t{1} << header.log2_n;
  const size_t memory = (size_t{1} << base::kMaxKeyFileLog2N) * 128 * kScryptR + base::kMiB;
  if (EVP_PBE_scrypt(passphrase.data(), passphrase.size(), Data(header.salt), header.salt.size(), n,
                     header.r, header.p, memory, Data(key), key.size()) != 1) {
    return absl::ResourceExhaustedError(
        absl::StrCat("not enough memory to derive a key from the passphrase (", n, " KiB)"));
  }
  return key;
}

std::string Seal(const std::string& key, const Header& header, absl::string_view seed) {
  bssl::ScopedEVP_AEAD_CTX ctx;
  MIG_CHECK(EVP_AEAD_CTX_init(ctx.get(), EVP_aead_aes_256_gcm(), Data(key), key.size(), kSealBytes,
                              nullptr) == 1);
  const std::string authenticated = Encode(header);
  std::string sealed(kSeedBytes + kSealBytes, '\0');
  size_t size = 0;
  MIG_CHECK(EVP_AEAD_CTX_seal(ctx.get(), Data(sealed), &size, sealed.size(), Data(header.nonce),
                              header.nonce.size(), Data(seed), seed.size(), Data(authenticated),
                              authenticated.size()) == 1);
  sealed.resize(size);
  return sealed;
}

absl::StatusOr<std::string> Open(const std::string& key, const Header& header,
                                 absl::string_view sealed) {
  bssl::ScopedEVP_AEAD_CTX ctx;
  MIG_CHECK(EVP_AEAD_CTX_init(ctx.get(), EVP_aead_aes_256_gcm(), Data(key), key.size(), kSealBytes,
                              nullptr) == 1);
  const std::string authenticated = Encode(header);
  std::string seed(kSeedBytes + kSealBytes, '\0');
  size_t size = 0;
  if (EVP_AEAD_CTX_open(ctx.get(), Data(seed), &size, seed.size(), Data(header.nonce),
                        header.nonce.size(), Data(sealed), sealed.size(), Data(authenticated),
                        authenticated.size()) != 1 ||
      size != kSeedBytes) {
    return absl::PermissionDeniedError(absl::StrCat("the passphrase of key '", header.name,
                                                    "' is wrong (or the file was damaged)"));
  }
  seed.resize(size);
  return seed;
}

absl::StatusOr<NamedSigningKey> Assemble(const Header& header, std::string seed) {
  absl::StatusOr<SigningKey> key = SigningKey::FromSeed(seed);
  OPENSSL_cleanse(seed.data(), seed.size());
  if (!key.ok()) return key.status();
  if (key->public_key().bytes() != header.public_key) {
    return Malformed("this private key file is damaged: its two halves do not belong together");
  }
  return NamedSigningKey{.name = header.name, .key = *std::move(key)};
}

}  // namespace

absl::StatusOr<std::string> EncodeEncryptedKeyFile(const NamedSigningKey& key,
                                                   absl::string_view passphrase,
                                                   base::Random& random, KeyFileCost cost) {
  MIG_RETURN_IF_ERROR(CheckName(key.name));
  if (passphrase.empty()) return absl::InvalidArgumentError("the passphrase is empty");
  Header header = {.log2_n = static_cast<uint8_t>(cost.log2_n),
                   .r = kScryptR,
                   .p = kScryptP,
                   .salt = random.Bytes(kSaltBytes),
                   .nonce = random.Bytes(kNonceBytes),
                   .name = key.name,
                   .public_key = key.key.public_key().bytes()};
  MIG_ASSIGN_OR_RETURN(std::string derived, DeriveKey(header, passphrase));
  const std::string sealed = Seal(derived, header, key.key.seed());
  OPENSSL_cleanse(derived.data(), derived.size());
  return EncodePem(kEncryptedLabel, absl::StrCat(Encode(header), sealed));
}

absl::StatusOr<std::string> EncodePlainKeyFile(const NamedSigningKey& key) {
  MIG_RETURN_IF_ERROR(CheckName(key.name));
  const Header header = {.name = key.name, .public_key = key.key.public_key().bytes()};
  std::string bytes = absl::StrCat(Encode(header), key.key.seed());
  std::string file = EncodePem(kPlainLabel, bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return file;
}

absl::StatusOr<bool> NeedsPassphrase(absl::string_view file) {
  MIG_ASSIGN_OR_RETURN(const absl::string_view label, LabelOf(file));
  return label == kEncryptedLabel;
}

absl::StatusOr<NamedSigningKey> DecodeKeyFile(absl::string_view file,
                                              std::optional<absl::string_view> passphrase) {
  MIG_ASSIGN_OR_RETURN(const absl::string_view label, LabelOf(file));
  MIG_ASSIGN_OR_RETURN(const std::vector<PemBlock> blocks, DecodePem(file, 1));
  const std::string& bytes = blocks[0].bytes;
  absl::string_view rest;
  MIG_ASSIGN_OR_RETURN(const Header header, Decode(bytes, rest));
  if (label == kPlainLabel) {
    if (rest.size() != kSeedBytes) return Malformed("this private key file is damaged");
    return Assemble(header, std::string(rest));
  }
  if (rest.size() != kSeedBytes + kSealBytes) return Malformed("this private key file is damaged");
  if (!passphrase.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("key '", header.name, "' is encrypted: its passphrase is needed"));
  }
  MIG_ASSIGN_OR_RETURN(std::string derived, DeriveKey(header, *passphrase));
  absl::StatusOr<std::string> seed = Open(derived, header, rest);
  OPENSSL_cleanse(derived.data(), derived.size());
  if (!seed.ok()) return seed.status();
  return Assemble(header, *std::move(seed));
}

absl::StatusOr<std::string> EncodePublicKeyFile(absl::string_view name, const PublicKey& key) {
  MIG_RETURN_IF_ERROR(CheckName(name));
  if (key.algorithm() != kEd25519) return Malformed("only Ed25519 keys have files");
  return absl::StrCat(kPublicPrefix, " ", kEd25519Word, " ", absl::BytesToHexString(key.bytes()),
                      " ", name, "\n");
}

absl::StatusOr<NamedPublicKey> DecodePublicKeyFile(absl::string_view file) {
  if (file.size() > base::kMaxKeyFileBytes) {
    return Refuse(v1::Refusal::BOUND,
                  absl::StrCat("this has ", file.size(), " bytes, a key file at most ",
                               base::kMaxKeyFileBytes));
  }
  const absl::string_view text = absl::StripAsciiWhitespace(file);
  if (absl::StartsWith(text, "-----BEGIN ")) {
    return Malformed("this is a private key or a certificate, a public key file (.pub) is needed");
  }
  const std::vector<absl::string_view> words = absl::StrSplit(text, ' ');
  if (words.size() != 4 || words[0] != kPublicPrefix) {
    return Malformed(absl::StrCat("this is no public key file: it must be the one line \"",
                                  kPublicPrefix, " ", kEd25519Word, " HEX NAME\""));
  }
  if (words[1] != kEd25519Word) {
    return Refuse(v1::Refusal::UNSUPPORTED,
                  "this public key is of an algorithm that this program does not know");
  }
  const absl::StatusOr<FixedBytes<struct PublicKeyBytesTag, 32>> bytes =
      FixedBytes<struct PublicKeyBytesTag, 32>::FromHex(words[2]);
  if (!bytes.ok()) return WithContext("the public key", bytes.status());
  MIG_RETURN_IF_ERROR(CheckName(words[3]));
  MIG_ASSIGN_OR_RETURN(PublicKey key, PublicKey::Create(kEd25519, bytes->bytes()));
  return NamedPublicKey{.name = std::string(words[3]), .key = std::move(key)};
}

}  // namespace mig::trust
