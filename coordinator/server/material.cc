#include "coordinator/server/material.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "base/whole_file.h"
#include "coordinator/handlers/operators/method_roles.h"
#include "trust/key_file.h"
#include "trust/names.h"
#include "trust/refusal.h"
#include "trust/token/token.h"
#include "trust/verified.h"
#include "trust/x509/certificate.h"
#include "trust/x509/private_key.h"

namespace mig::coordinator {
namespace {

constexpr uint32_t kForOthers = 0077;

absl::Status Named(absl::string_view path, const absl::Status& status) {
  return trust::WithContext(path, status);
}

// What is at `path` is not what it should be, and only somebody else can mend that.
absl::Status Mended(absl::string_view path, const absl::Status& status, absl::string_view way_out) {
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message(), "; ", way_out));
}

absl::StatusOr<std::string> ReadSecret(base::FileSystem& disk, const std::string& path) {
  MIG_ASSIGN_OR_RETURN(const base::OpenedParent parent, base::OpenParent(disk, path));
  MIG_ASSIGN_OR_RETURN(const base::FileStat stat, parent.directory->Stat(parent.name));
  if ((stat.mode & kForOthers) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": a secret that others may read; chmod 0600 ", path));
  }
  return base::ReadWhole(*parent.directory, parent.name, base::kMaxKeyFileBytes);
}

absl::StatusOr<trust::x509::Authority> LoadAuthority(base::FileSystem& disk,
                                                     const std::string& certificate_path,
                                                     const std::string& key_path) {
  MIG_ASSIGN_OR_RETURN(const std::string certificate_pem,
                       base::ReadWhole(disk, certificate_path, base::kMaxPemFileBytes));
  auto certificate = trust::x509::Certificate::ParsePem(certificate_pem);
  if (!certificate.ok()) {
    return Mended(certificate_path, certificate.status(), "restore the file from your backup");
  }
  MIG_ASSIGN_OR_RETURN(const std::string key_pem, ReadSecret(disk, key_path));
  auto key = trust::x509::PrivateKey::FromPem(key_pem);
  if (!key.ok()) return Mended(key_path, key.status(), "restore the file from your backup");
  auto authority = trust::x509::Authority::Load(*std::move(certificate), *std::move(key));
  if (!authority.ok()) {
    return Mended(absl::StrCat(certificate_path, " and ", key_path), authority.status(),
                  "put back the pair that belongs together");
  }
  return authority;
}

struct ServerIdentity {
  std::string chain_pem;
  std::string key_pem;
  absl::Time expires;
};

absl::StatusOr<ServerIdentity> LoadServer(base::FileSystem& disk, const Config& config,
                                          absl::Time now) {
  const std::string& path = config.server_certificate;
  const auto chain_pem = base::ReadWhole(disk, path, base::kMaxPemFileBytes);
  if (absl::IsNotFound(chain_pem.status())) {
    return absl::NotFoundError(absl::StrCat(
        path, ": no server certificate; have the offline servers' CA sign server.csr: ",
        "migctl ca issue --ca-cert CA.pem --ca-key CA.key --csr server.csr --trust-domain ",
        config.trust_domain, " --dns HOST --out ", path));
  }
  MIG_RETURN_IF_ERROR(chain_pem.status());
  const auto chain = trust::x509::Certificate::ParsePemChain(*chain_pem);
  if (!chain.ok()) return Named(path, chain.status());
  const trust::x509::Certificate& leaf = chain->front();
  MIG_ASSIGN_OR_RETURN(std::string key_pem, ReadSecret(disk, config.server_key));
  const auto key = trust::x509::PrivateKey::FromPem(key_pem);
  if (!key.ok()) {
    return Mended(config.server_key, key.status(),
                  "restore the file, or make a new key and request");
  }
  if (key->spki() != leaf.spki()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": is not for the key in ", config.server_key, "; issue it again for this key"));
  }
  MIG_RETURN_IF_ERROR(Named(path, leaf.CheckTime(now)));
  const auto id = leaf.spiffe_id();
  if (!id.ok()) return Named(path, id.status());
  const auto expected = trust::x509::SpiffeId::Coordinator(config.trust_domain, config.name);
  MIG_RETURN_IF_ERROR(expected.status());
  if (*id != *expected) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is for ", id->ToUri(), ", not for ",
                                                   expected->ToUri(),
                                                   "; correct [server] name or trust_domain"));
  }
  return ServerIdentity{*chain_pem, std::move(key_pem), leaf.not_after()};
}

// root-1, root-2, ...: the configured file, then those with the next numbers.
absl::StatusOr<std::vector<std::string>> ReadRoots(base::FileSystem& disk,
                                                   const std::string& first_path) {
  MIG_ASSIGN_OR_RETURN(std::string first,
                       base::ReadWhole(disk, first_path, base::kMaxEnvelopeBytes));
  std::vector<std::string> roots = {std::move(first)};
  const size_t digits = first_path.find_last_not_of("0123456789") + 1;
  int number = 0;
  if (!absl::SimpleAtoi(first_path.substr(digits), &number)) return roots;
  while (roots.size() < base::kMaxRootFiles) {
    const auto next = base::ReadWhole(disk, absl::StrCat(first_path.substr(0, digits), ++number),
                                      base::kMaxEnvelopeBytes);
    if (absl::IsNotFound(next.status())) break;
    MIG_RETURN_IF_ERROR(next.status());
    roots.push_back(*next);
  }
  return roots;
}

bool Contains(const std::vector<base::Digest>& digests, const base::Digest& digest) {
  return std::find(digests.begin(), digests.end(), digest) != digests.end();
}

void AppendOnlineKeys(const trust::Root& root, std::vector<trust::KeyId>& keys) {
  for (const trust::RoleKey& key : root.role(trust::RoleKind::kOnline).keys) {
    keys.push_back(key.key.id());
  }
}

// What the newest root says must be what this coordinator has: else hosts would refuse it. Gives
// the online keys of all roots.
absl::StatusOr<std::vector<trust::KeyId>> CheckAgainstRoots(const Config& config,
                                                            const Material& material) {
  const std::string& path = config.first_root;
  auto root = trust::VerifyFirstRoot(material.roots.front());
  if (!root.ok()) {
    return Mended(path, root.status(), "put the signed root there that migctl root sign wrote");
  }
  std::vector<trust::KeyId> keys;
  AppendOnlineKeys(**root, keys);
  for (size_t i = 1; i < material.roots.size(); ++i) {
    auto next = trust::VerifyNextRoot(material.roots[i], *root);
    if (!next.ok()) {
      return Named(absl::StrCat("root ", (*root)->version() + 1, " beside ", path), next.status());
    }
    root = std::move(next);
    AppendOnlineKeys(**root, keys);
  }
  if ((*root)->head().trust_domain != config.trust_domain) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is of trust domain ", (*root)->head().trust_domain, ", not ",
                     config.trust_domain, "; correct [server] trust_domain"));
  }
  const auto& online = (*root)->role(trust::RoleKind::kOnline).keys;
  const bool has_key = std::any_of(online.begin(), online.end(), [&](const trust::RoleKey& key) {
    return key.key == material.online_key.public_key();
  });
  if (!has_key) {
    return absl::InvalidArgumentError(
        absl::StrCat(config.online_key, ": the newest root does not name this online key, so ",
                     "hosts would refuse what it signs; make a root with online.key.pub"));
  }
  if (!Contains((*root)->loader_ca_spki_digests(),
                material.loaders_ca.certificate().spki_digest())) {
    return absl::InvalidArgumentError(absl::StrCat(
        config.loaders_ca_certificate, ": the newest root does not name this loaders' CA"));
  }
  if (!Contains((*root)->operator_ca_spki_digests(),
                material.operators_ca.certificate().spki_digest())) {
    return absl::InvalidArgumentError(absl::StrCat(
        config.operators_ca_certificate, ": the newest root does not name this operators' CA"));
  }
  return keys;
}

absl::StatusOr<std::optional<FirstInvite>> ReadInvite(base::FileSystem& disk,
                                                      const std::string& path) {
  MIG_ASSIGN_OR_RETURN(const base::OpenedParent parent, base::OpenParent(disk, path));
  if (absl::IsNotFound(parent.directory->Stat(parent.name).status())) return std::nullopt;
  MIG_ASSIGN_OR_RETURN(const std::string text, ReadSecret(disk, path));
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n', absl::SkipWhitespace());
  if (text.size() > base::kMaxInvitationBytes || lines.size() != 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": has not the two lines of an invitation; delete it if its operator has logged in"));
  }
  const auto token = trust::ParseToken(lines[0], trust::TokenKind::kOperator);
  if (!token.ok()) return Named(absl::StrCat(path, ":1"), token.status());
  const std::vector<std::string> words = absl::StrSplit(lines[1], absl::ByAnyChar(" ,"));
  FirstInvite invite{.secret_hash = trust::HashOf(token->secret), .operator_name = words[0]};
  for (size_t i = 1; i < words.size(); ++i) {
    const auto role = RoleFromWord(words[i]);
    if (!role.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":2: '", base::Escaped(words[i]), "' is no role"));
    }
    invite.roles |= BitOf(*role);
  }
  if (!trust::IsOperatorName(invite.operator_name) || invite.roles == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":2: is not an operator's name and roles: ana operator,viewer"));
  }
  return invite;
}

}  // namespace

absl::StatusOr<Material> LoadMaterial(base::FileSystem& disk, const Config& config,
                                      absl::Time now) {
  MIG_ASSIGN_OR_RETURN(const std::string online_file, ReadSecret(disk, config.online_key));
  auto online = trust::DecodeKeyFile(online_file, std::nullopt);
  if (!online.ok()) return Named(config.online_key, online.status());
  MIG_ASSIGN_OR_RETURN(auto loaders_ca,
                       LoadAuthority(disk, config.loaders_ca_certificate, config.loaders_ca_key));
  MIG_ASSIGN_OR_RETURN(auto operators_ca, LoadAuthority(disk, config.operators_ca_certificate,
                                                        config.operators_ca_key));
  MIG_ASSIGN_OR_RETURN(ServerIdentity server, LoadServer(disk, config, now));
  MIG_ASSIGN_OR_RETURN(std::vector<std::string> roots, ReadRoots(disk, config.first_root));
  MIG_ASSIGN_OR_RETURN(auto invite, ReadInvite(disk, config.operator_token));
  Material material{.online_key = std::move(online->key),
                    .loaders_ca = std::move(loaders_ca),
                    .operators_ca = std::move(operators_ca),
                    .server_chain_pem = std::move(server.chain_pem),
                    .server_key_pem = std::move(server.key_pem),
                    .server_certificate_expires = server.expires,
                    .roots = std::move(roots),
                    .first_invite = std::move(invite)};
  MIG_ASSIGN_OR_RETURN(material.online_keys_of_the_roots, CheckAgainstRoots(config, material));
  return material;
}

}  // namespace mig::coordinator
