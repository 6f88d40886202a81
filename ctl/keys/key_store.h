// Signing keys as files on this machine: made, found, opened.

#ifndef MIG_CTL_KEYS_KEY_STORE_H_
#define MIG_CTL_KEYS_KEY_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/random.h"
#include "ctl/files/local_files.h"
#include "ctl/keys/passphrase.h"
#include "trust/key_file.h"
#include "trust/public_key.h"

namespace mig::ctl {

struct NewKeyRequest {
  std::string name;  // "ana-root": [a-z0-9._-]{1,64}
  std::string out;   // the private file; the public one is OUT.pub
};

// Makes a key, writes OUT (0600, encrypted) and OUT.pub (0644); nothing is overwritten.
// InvalidArgument: a name outside its grammar, or as NewPassphrase.
absl::StatusOr<trust::PublicKey> MakeKey(const NewKeyRequest& request,
                                         const PassphraseSource& passphrase, base::Random& random);

// Where `--key WHAT` is looked for: the file WHAT, else WHAT.key in `directory` (--key-dir, ".").
struct KeySearch {
  std::string what;
  std::string directory = ".";
};

// InvalidArgument names every place that was tried.
absl::StatusOr<std::string> FindKeyFile(const KeySearch& search, const LocalFiles& files);

// Finds and opens a private key; asks for its passphrase if it has one. InvalidArgument for a file
// that is no private key or that others may read; a wrong passphrase too: nothing was signed.
absl::StatusOr<trust::NamedSigningKey> OpenKey(const KeySearch& search,
                                               const PassphraseSource& passphrase);

absl::StatusOr<trust::NamedPublicKey> ReadPublicKey(absl::string_view path,
                                                    const LocalFiles& files);

// One role of a new root as the command line spells it: "a.pub,b.pub,c.pub:2", for the rollout
// role also ":2:3", the second number being the emergency threshold. Without a number all must
// sign.
struct RoleKeys {
  std::vector<trust::NamedPublicKey> keys;
  uint32_t threshold = 0;
  uint32_t emergency_threshold = 0;  // 0: not said
};
absl::StatusOr<RoleKeys> ReadRoleKeys(absl::string_view spec, const LocalFiles& files);

// One line of `key list`.
struct ListedKey {
  std::string file;
  std::string name;
  trust::PublicKey key;
  bool has_private = false;  // the private file lies beside the public one
};
// The *.pub files of a directory that are public keys, sorted by file name; others are left out.
absl::StatusOr<std::vector<ListedKey>> ListKeys(absl::string_view directory,
                                                const LocalFiles& files);

}  // namespace mig::ctl

#endif  // MIG_CTL_KEYS_KEY_STORE_H_
