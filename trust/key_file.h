// Keys as files: bytes in, bytes out. A private key is encrypted with a passphrase; the public one
// is a line that can be read aloud, mailed and printed.
//
// Private, in PEM armour "MIG ENCRYPTED KEY" (format 1, all before the ciphertext is
// authenticated):
//   u8 1 | u8 algorithm | u8 log2(N) | u8 r | u8 p | 16 salt | 12 nonce | u8 n, name |
//   32 public key | AES-256-GCM(scrypt(passphrase, salt), nonce, seed), 48 bytes
// scrypt (RFC 7914) costs an attacker memory, where PBKDF2 of PKCS#8 costs only time; GCM tells a
// wrong passphrase from a key that decrypts to nonsense.
// In armour "MIG KEY": the same without passphrase (log2(N), r, p zero; salt and nonce zero; the
// seed in the clear), for the online key of a coordinator, which starts without a person.
// Public:  mig-key-v1 ed25519 HEX NAME\n

#ifndef MIG_TRUST_KEY_FILE_H_
#define MIG_TRUST_KEY_FILE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/random.h"
#include "trust/public_key.h"
#include "trust/signing_key.h"

namespace mig::trust {

// A key with what people call it: [a-z0-9._-]{1,64}.
struct NamedSigningKey {
  std::string name;
  SigningKey key;
};
struct NamedPublicKey {
  std::string name;
  PublicKey key;
  friend bool operator==(const NamedPublicKey&, const NamedPublicKey&) = default;
};

// What guessing one passphrase costs: 2^log2_n KiB of memory.
struct KeyFileCost {
  int log2_n = 16;  // 64 MiB, about 0.2 s; 10 to 18
};

// `passphrase` is not empty. InvalidArgument for a name outside the grammar, an empty passphrase.
absl::StatusOr<std::string> EncodeEncryptedKeyFile(const NamedSigningKey& key,
                                                   absl::string_view passphrase,
                                                   base::Random& random, KeyFileCost cost = {});
// Without a passphrase. Write it 0600.
absl::StatusOr<std::string> EncodePlainKeyFile(const NamedSigningKey& key);

// Whether `file` asks for a passphrase: what to know before asking a person for one. MALFORMED if
// it is no private key file.
absl::StatusOr<bool> NeedsPassphrase(absl::string_view file);

// Errors: PermissionDenied  wrong passphrase, or the file was damaged: the two look the same
//         InvalidArgument   not a private key file (a public one is named as such), bad fields, or
//                           no passphrase where one is needed
//         ResourceExhausted more than 16 KiB, or a cost above the bound
absl::StatusOr<NamedSigningKey> DecodeKeyFile(absl::string_view file,
                                              std::optional<absl::string_view> passphrase);

// MALFORMED: a name outside the grammar.
absl::StatusOr<std::string> EncodePublicKeyFile(absl::string_view name, const PublicKey& key);
// InvalidArgument names what is wrong; a private key file is named as such. BOUND above 16 KiB.
absl::StatusOr<NamedPublicKey> DecodePublicKeyFile(absl::string_view file);

}  // namespace mig::trust

#endif  // MIG_TRUST_KEY_FILE_H_
