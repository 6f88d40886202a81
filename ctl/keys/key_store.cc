#include "ctl/keys/key_store.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "trust/names.h"
#include "trust/signing_key.h"

namespace mig::ctl {
namespace {

constexpr absl::string_view kPrivateSuffix = ".key";
constexpr absl::string_view kPublicSuffix = ".pub";

absl::Status Named(absl::string_view file, const absl::Status& status) {
  return absl::InvalidArgumentError(absl::StrCat(file, ": ", status.message()));
}

absl::StatusOr<uint32_t> ReadThreshold(absl::string_view text, absl::string_view spec) {
  uint32_t threshold = 0;
  if (!absl::SimpleAtoi(text, &threshold) || threshold == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        spec, ": '", text, "' is no threshold; write FILE,FILE,...:NUMBER with a number from 1"));
  }
  return threshold;
}

}  // namespace

absl::StatusOr<trust::PublicKey> MakeKey(const NewKeyRequest& request,
                                         const PassphraseSource& passphrase, base::Random& random) {
  if (!trust::IsOperatorName(request.name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", request.name, "' is no name of a key; use 1 to 64 of a-z 0-9 . _ -"));
  }
  const LocalFiles& files = passphrase.files;
  const std::string public_file = absl::StrCat(request.out, kPublicSuffix);
  for (const std::string& file : {request.out, public_file}) {
    if (files.Exists(file)) {
      return absl::AlreadyExistsError(absl::StrCat(
          file, " is there already, and a key is never overwritten; use another --out"));
    }
  }
  MIG_ASSIGN_OR_RETURN(const std::string secret, NewPassphrase(passphrase));
  const trust::NamedSigningKey key = {request.name, trust::SigningKey::Generate(random)};
  MIG_ASSIGN_OR_RETURN(const std::string sealed,
                       trust::EncodeEncryptedKeyFile(key, secret, random));
  MIG_ASSIGN_OR_RETURN(const std::string line,
                       trust::EncodePublicKeyFile(key.name, key.key.public_key()));
  // The private one last: a public file alone is harmless, and says what is missing.
  MIG_RETURN_IF_ERROR(files.WriteNew(public_file, line, 0644));
  MIG_RETURN_IF_ERROR(files.WriteNew(request.out, sealed, 0600));
  return key.key.public_key();
}

absl::StatusOr<std::string> FindKeyFile(const KeySearch& search, const LocalFiles& files) {
  std::vector<std::string> tried = {search.what};
  if (!absl::StrContains(search.what, "/")) {
    tried.push_back(base::JoinPath(search.directory, absl::StrCat(search.what, kPrivateSuffix)));
  }
  for (const std::string& path : tried) {
    if (files.Exists(path)) return path;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "no key '", search.what, "': looked for ", absl::StrJoin(tried, " and "),
      "; name the file with --key, its directory with --key-dir, or make one with migctl key new"));
}

absl::StatusOr<trust::NamedSigningKey> OpenKey(const KeySearch& search,
                                               const PassphraseSource& passphrase) {
  MIG_ASSIGN_OR_RETURN(const std::string path, FindKeyFile(search, passphrase.files));
  // Told before its mode is: a public half is readable by all, and rightly so.
  if (absl::EndsWith(path, kPublicSuffix) && ReadPublicKey(path, passphrase.files).ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": this is the public half; give ",
                     absl::string_view(path).substr(0, path.size() - kPublicSuffix.size())));
  }
  MIG_ASSIGN_OR_RETURN(const std::string bytes,
                       passphrase.files.ReadSecret(path, base::kMaxKeyFileBytes, "the key"));
  const absl::StatusOr<bool> is_sealed = trust::NeedsPassphrase(bytes);
  if (!is_sealed.ok()) return Named(path, is_sealed.status());
  std::optional<std::string> secret;
  if (*is_sealed) {
    MIG_ASSIGN_OR_RETURN(secret, ExistingPassphrase(passphrase, path));
  }
  absl::StatusOr<trust::NamedSigningKey> key = trust::DecodeKeyFile(
      bytes, secret.has_value() ? std::make_optional<absl::string_view>(*secret) : std::nullopt);
  if (!key.ok()) return Named(path, key.status());
  return key;
}

absl::StatusOr<trust::NamedPublicKey> ReadPublicKey(absl::string_view path,
                                                    const LocalFiles& files) {
  MIG_ASSIGN_OR_RETURN(const std::string bytes,
                       files.Read(path, base::kMaxKeyFileBytes, "the public key"));
  absl::StatusOr<trust::NamedPublicKey> key = trust::DecodePublicKeyFile(bytes);
  if (!key.ok()) return Named(path, key.status());
  return key;
}

absl::StatusOr<RoleKeys> ReadRoleKeys(absl::string_view spec, const LocalFiles& files) {
  const std::vector<absl::string_view> parts = absl::StrSplit(spec, ':');
  if (parts.size() > 3) {
    return absl::InvalidArgumentError(
        absl::StrCat(spec, ": too many ':'; write FILE,FILE,...:THRESHOLD[:EMERGENCY]"));
  }
  RoleKeys role;
  for (const absl::string_view path : absl::StrSplit(parts[0], ',')) {
    MIG_ASSIGN_OR_RETURN(trust::NamedPublicKey key, ReadPublicKey(path, files));
    role.keys.push_back(std::move(key));
  }
  role.threshold = static_cast<uint32_t>(role.keys.size());
  if (parts.size() > 1) {
    MIG_ASSIGN_OR_RETURN(role.threshold, ReadThreshold(parts[1], spec));
  }
  if (parts.size() > 2) {
    MIG_ASSIGN_OR_RETURN(role.emergency_threshold, ReadThreshold(parts[2], spec));
  }
  return role;
}

absl::StatusOr<std::vector<ListedKey>> ListKeys(absl::string_view directory,
                                                const LocalFiles& files) {
  MIG_ASSIGN_OR_RETURN(const std::vector<std::string> names, files.List(directory));
  std::vector<ListedKey> keys;
  for (const std::string& name : names) {
    if (!absl::EndsWith(name, kPublicSuffix)) continue;
    const std::string path = directory == "." ? name : base::JoinPath(directory, name);
    const absl::StatusOr<trust::NamedPublicKey> key = ReadPublicKey(path, files);
    if (!key.ok()) continue;
    const std::string private_file = path.substr(0, path.size() - kPublicSuffix.size());
    keys.push_back({path, key->name, key->key, files.Exists(private_file)});
  }
  return keys;
}

}  // namespace mig::ctl
