#include "ctl/trial/make_trial.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/server/config_template.h"
#include "ctl/documents/make_root.h"
#include "ctl/trial/loader_files.h"
#include "trust/key_file.h"
#include "trust/names.h"
#include "trust/signing_key.h"
#include "trust/token/token.h"
#include "trust/verified.h"
#include "trust/x509/authority.h"
#include "trust/x509/certificate.h"
#include "trust/x509/private_key.h"
#include "trust/x509/spiffe_id.h"

namespace mig::ctl {
namespace {

namespace x509 = trust::x509;

constexpr absl::Duration kYear = absl::Hours(24 * 365);
// A clock that is a little behind must not find its own certificate in the future.
constexpr absl::Duration kClockSlack = absl::Hours(1);

// Gathers files; secrets have their mode from the start.
class TrialFiles {
 public:
  void Secret(const std::string& path, std::string bytes) {
    files_.push_back({path, std::move(bytes), coordinator::layout::kSecretMode});
  }
  void Public(const std::string& path, std::string bytes) {
    files_.push_back({path, std::move(bytes), coordinator::layout::kPublicMode});
  }
  std::vector<TrialFile> Take() { return std::move(files_); }

 private:
  std::vector<TrialFile> files_;
};

std::string In(absl::string_view directory, absl::string_view name) {
  return base::JoinPath(directory, name);
}

absl::StatusOr<RoleKeys> MakeRole(const std::string& name, const std::string& path,
                                  const std::optional<std::string>& passphrase,
                                  base::Random& random, TrialFiles& out) {
  const trust::NamedSigningKey key = {name, trust::SigningKey::Generate(random)};
  MIG_ASSIGN_OR_RETURN(const std::string bytes,
                       passphrase.has_value()
                           ? trust::EncodeEncryptedKeyFile(key, *passphrase, random)
                           : trust::EncodePlainKeyFile(key));
  MIG_ASSIGN_OR_RETURN(const std::string line,
                       trust::EncodePublicKeyFile(name, key.key.public_key()));
  out.Secret(path, bytes);
  out.Public(absl::StrCat(path, coordinator::layout::kPublicSuffix), line);
  RoleKeys role;
  role.keys.push_back({name, key.key.public_key()});
  role.threshold = 1;
  role.emergency_threshold = 1;
  return role;
}

absl::StatusOr<x509::Authority> MakeCa(const std::string& common_name,
                                       absl::string_view certificate_file,
                                       absl::string_view key_file, absl::Time now,
                                       base::Random& random, TrialFiles& out) {
  MIG_ASSIGN_OR_RETURN(x509::Authority ca, x509::Authority::Create(common_name, now - kClockSlack,
                                                                   now + 10 * kYear, random));
  out.Public(std::string(certificate_file), ca.certificate().ToPem());
  out.Secret(std::string(key_file), ca.key().ToPem());
  return ca;
}

absl::Status MakeServer(const TrialOptions& options, const x509::Authority& ca, absl::Time now,
                        base::Random& random, TrialFiles& out) {
  const x509::PrivateKey key = x509::PrivateKey::Generate(random);
  MIG_ASSIGN_OR_RETURN(x509::SpiffeId id,
                       x509::SpiffeId::Coordinator(options.trust_domain, options.name));
  x509::CertificateTemplate wanted = {std::move(id), now - kClockSlack, now + kYear};
  wanted.dns_names = options.dns_names;
  wanted.ip_addresses = options.ip_addresses;
  MIG_ASSIGN_OR_RETURN(const x509::Certificate certificate, ca.Issue(key.spki(), wanted, random));
  const std::vector<x509::Certificate> chain = {certificate, ca.certificate()};
  out.Secret(std::string(coordinator::layout::kServerKey), key.ToPem());
  out.Public(std::string(coordinator::layout::kServerCertificate), x509::ChainPem(chain));
  return absl::OkStatus();
}

absl::Status CheckOptions(const TrialOptions& options) {
  if (!trust::IsTrustDomain(options.trust_domain)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--trust-domain '", options.trust_domain, "': use 1 to 253 of a-z 0-9 . -"));
  }
  if (!trust::IsOperatorName(options.operator_name)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--operator '", options.operator_name, "': use 1 to 64 of a-z 0-9 . _ -, your own name"));
  }
  if (!trust::IsOperatorName(options.name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--name '", options.name, "': use 1 to 64 of a-z 0-9 . _ -"));
  }
  if (options.dns_names.empty() && options.ip_addresses.empty()) {
    return absl::InvalidArgumentError(
        "a server's certificate needs a name: add --dns NAME or --ip ADDRESS");
  }
  if (options.products.empty() || options.streams.empty()) {
    return absl::InvalidArgumentError("a root needs a --product and a --stream");
  }
  std::vector<uint16_t> ports = {options.loaders_port, options.enrollment_port,
                                 options.operators_port, options.metrics_port};
  std::sort(ports.begin(), ports.end());
  if (ports.front() == 0 || std::adjacent_find(ports.begin(), ports.end()) != ports.end()) {
    return absl::InvalidArgumentError("the four ports must be four different ones, none of them 0");
  }
  return absl::OkStatus();
}

std::string Address(const std::string& host, uint16_t port) {
  return absl::StrContains(host, ":") ? absl::StrCat("[", host, "]:", port)
                                      : absl::StrCat(host, ":", port);
}

std::string CoordinatorToml(const TrialOptions& options) {
  // The coordinator's own commented file, with this trial's listeners.
  return absl::StrReplaceAll(coordinator::ConfigTemplate(options.name, options.trust_domain),
                             {{"0.0.0.0:8443", Address(options.listen, options.loaders_port)},
                              {"0.0.0.0:8444", Address(options.listen, options.enrollment_port)},
                              {"0.0.0.0:8445", Address(options.listen, options.operators_port)},
                              {"127.0.0.1:9090", Address("127.0.0.1", options.metrics_port)}});
}

// The root's keys, and the root they sign.
absl::StatusOr<trust::Envelope> MakeSignedRoot(RootSpec spec, const TrialOptions& options,
                                               absl::Time now, base::Random& random,
                                               TrialFiles& out) {
  const std::string keys(coordinator::layout::kKeysDirectory);
  const trust::NamedSigningKey root_key = {"trial-root", trust::SigningKey::Generate(random)};
  MIG_ASSIGN_OR_RETURN(const std::string sealed,
                       options.passphrase.has_value()
                           ? trust::EncodeEncryptedKeyFile(root_key, *options.passphrase, random)
                           : trust::EncodePlainKeyFile(root_key));
  MIG_ASSIGN_OR_RETURN(const std::string line,
                       trust::EncodePublicKeyFile(root_key.name, root_key.key.public_key()));
  out.Secret(In(keys, coordinator::layout::kRootKey), sealed);
  out.Public(
      absl::StrCat(In(keys, coordinator::layout::kRootKey), coordinator::layout::kPublicSuffix),
      line);
  spec.root.keys.push_back({root_key.name, root_key.key.public_key()});
  spec.root.threshold = 1;

  MIG_ASSIGN_OR_RETURN(spec.release,
                       MakeRole("trial-release", In(keys, coordinator::layout::kReleaseKey),
                                options.passphrase, random, out));
  MIG_ASSIGN_OR_RETURN(spec.rollout,
                       MakeRole("trial-rollout", In(keys, coordinator::layout::kRolloutKey),
                                options.passphrase, random, out));
  MIG_ASSIGN_OR_RETURN(spec.online,
                       MakeRole("trial-online", std::string(coordinator::layout::kOnlineKey),
                                std::nullopt, random, out));
  spec.trust_domain = options.trust_domain;
  spec.issued = now;
  spec.expires = now + kYear;
  spec.rules.least_soak = base::kTrialLeastSoak;
  spec.rules.largest_share_ppm = base::kTrialLargestSharePpm;
  for (const std::string& product : options.products) spec.products.push_back({product});
  for (const std::string& stream : options.streams) spec.streams.push_back({stream});
  MIG_ASSIGN_OR_RETURN(trust::Envelope root, MakeRoot(spec));
  MIG_RETURN_IF_ERROR(root.Sign(root_key.key));
  MIG_RETURN_IF_ERROR(trust::VerifyFirstRoot(root.Serialize()).status());
  return root;
}

}  // namespace

std::string TrialHost(const TrialOptions& options) {
  return options.ip_addresses.empty() ? options.dns_names.front() : options.ip_addresses.front();
}

absl::StatusOr<Trial> MakeTrial(const TrialOptions& options, const std::string& directory,
                                absl::Time now, base::Random& random) {
  MIG_RETURN_IF_ERROR(CheckOptions(options));
  TrialFiles out;
  RootSpec spec = NewRootSpec();
  MIG_ASSIGN_OR_RETURN(
      const x509::Authority servers,
      MakeCa(absl::StrCat("trial servers"), coordinator::layout::kServersCaCertificate,
             coordinator::layout::kServersCaKey, now, random, out));
  MIG_ASSIGN_OR_RETURN(const x509::Authority loaders,
                       MakeCa("trial loaders", coordinator::layout::kLoadersCaCertificate,
                              coordinator::layout::kLoadersCaKey, now, random, out));
  MIG_ASSIGN_OR_RETURN(const x509::Authority operators,
                       MakeCa("trial operators", coordinator::layout::kOperatorsCaCertificate,
                              coordinator::layout::kOperatorsCaKey, now, random, out));
  spec.server_cas = {servers.certificate().der()};
  spec.loader_ca_spki_digests = {loaders.certificate().spki_digest()};
  spec.operator_ca_spki_digests = {operators.certificate().spki_digest()};
  MIG_RETURN_IF_ERROR(MakeServer(options, servers, now, random, out));
  MIG_ASSIGN_OR_RETURN(const trust::Envelope root,
                       MakeSignedRoot(std::move(spec), options, now, random, out));

  const std::string envelope = root.Serialize();
  out.Public(std::string(coordinator::layout::kFirstRoot), envelope);
  trust::Token token;
  token.kind = trust::TokenKind::kOperator;
  token.secret = trust::NewTokenSecret(random);
  token.root_version = 1;
  token.root_digest = root.digest();
  out.Secret(std::string(coordinator::layout::kOperatorToken),
             absl::StrCat(trust::PrintToken(token), "\n", options.operator_name,
                          " admin,approver,operator,release-signer,rollout-signer,viewer\n"));
  out.Public(std::string(coordinator::layout::kCoordinatorConfig), CoordinatorToml(options));

  const std::string host = TrialHost(options);
  const std::string loader(coordinator::layout::kLoaderDirectory);
  const LoaderFacts facts = {options.trust_domain,
                             Address(host, options.loaders_port),
                             Address(host, options.enrollment_port),
                             In(directory, loader),
                             options.products.front(),
                             options.loader_interval};
  out.Public(In(loader, coordinator::layout::kLoaderConfig), LoaderToml(facts));
  out.Public(In(loader, coordinator::layout::kLoaderDictionary), DictionaryToml(facts));
  out.Public(In(loader, coordinator::layout::kLoaderRoot), envelope);
  return Trial{out.Take(), root.digest()};
}

absl::Status WriteTrial(const Trial& trial, const std::string& directory, const LocalFiles& files) {
  MIG_ASSIGN_OR_RETURN(const std::string absolute, files.Absolute(directory));
  if (files.Exists(absolute)) {
    return absl::AlreadyExistsError(absl::StrCat(
        directory, " is there already, and no key is ever overwritten; name a new directory"));
  }
  MIG_ASSIGN_OR_RETURN(const base::OpenedParent parent, files.OpenParent(absolute));
  const std::string partial = absl::StrCat(".", parent.name, ".new");
  const std::string partial_path = base::JoinPath(parent.directory->path(), partial);
  if (files.Exists(partial_path)) {
    return absl::AlreadyExistsError(absl::StrCat(
        partial_path, " was left by an interrupted trial init; remove it and try again"));
  }
  for (const absl::string_view name : {absl::string_view(), coordinator::layout::kKeysDirectory,
                                       coordinator::layout::kLoaderDirectory}) {
    MIG_RETURN_IF_ERROR(
        files.MakeDirectory(name.empty() ? partial_path : base::JoinPath(partial_path, name),
                            coordinator::layout::kDirectoryMode));
  }
  for (const TrialFile& file : trial.files) {
    MIG_RETURN_IF_ERROR(
        files.Replace(base::JoinPath(partial_path, file.path), file.bytes, file.mode));
  }
  MIG_RETURN_IF_ERROR(parent.directory->Rename(partial, *parent.directory, parent.name));
  return parent.directory->Sync();
}

}  // namespace mig::ctl
