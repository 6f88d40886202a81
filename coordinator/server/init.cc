#include "coordinator/server/init.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/path.h"
#include "base/status_macros.h"
#include "base/whole_file.h"
#include "coordinator/server/config_template.h"
#include "coordinator/server/directory_layout.h"
#include "trust/key_file.h"
#include "trust/names.h"
#include "trust/token/token.h"
#include "trust/x509/authority.h"
#include "trust/x509/certificate_request.h"
#include "trust/x509/private_key.h"

namespace mig::coordinator {
namespace {

constexpr absl::string_view kEveryRole =
    "admin,approver,operator,release-signer,rollout-signer,viewer";

struct NewFile {
  absl::string_view name;
  std::string bytes;
  uint32_t mode = layout::kPublicMode;
};

absl::Status CheckNames(const InitOptions& options) {
  if (!trust::IsOperatorName(options.operator_name)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", options.operator_name, "' is no operator's name: it takes 1 to 64 of a-z 0-9 . _ -"));
  }
  if (!trust::IsOperatorName(options.name)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", options.name, "' is no coordinator's name: it takes 1 to 64 of a-z 0-9 . _ -"));
  }
  if (!trust::IsTrustDomain(options.trust_domain)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", options.trust_domain, "' is no trust domain: it takes 1 to 253 of a-z 0-9 . -"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<NewFile>> AuthorityFiles(absl::string_view what,
                                                    absl::string_view certificate_name,
                                                    absl::string_view key_name,
                                                    const InitOptions& options,
                                                    base::Random& random) {
  MIG_ASSIGN_OR_RETURN(
      const auto authority,
      trust::x509::Authority::Create(absl::StrCat("mig ", what), options.now - absl::Hours(1),
                                     options.now + kIssuingCaLife, random));
  return std::vector<NewFile>{
      {key_name, authority.key().ToPem(), layout::kSecretMode},
      {certificate_name, authority.certificate().ToPem()},
  };
}

absl::StatusOr<std::vector<NewFile>> OnlineKeyFiles(base::Random& random) {
  const trust::NamedSigningKey key{.name = "online", .key = trust::SigningKey::Generate(random)};
  MIG_ASSIGN_OR_RETURN(std::string secret, trust::EncodePlainKeyFile(key));
  MIG_ASSIGN_OR_RETURN(std::string open,
                       trust::EncodePublicKeyFile(key.name, key.key.public_key()));
  static constexpr absl::string_view kOnlinePublicKey = "online.key.pub";
  return std::vector<NewFile>{
      {layout::kOnlineKey, std::move(secret), layout::kSecretMode},
      {kOnlinePublicKey, std::move(open)},
  };
}

absl::StatusOr<std::vector<NewFile>> ServerFiles(const InitOptions& options, base::Random& random) {
  const auto key = trust::x509::PrivateKey::Generate(random);
  MIG_ASSIGN_OR_RETURN(const std::string request,
                       trust::x509::CertificateRequest::Make(key, options.name));
  return std::vector<NewFile>{
      {layout::kServerKey, key.ToPem(), layout::kSecretMode},
      {layout::kServerRequest, trust::x509::CertificateRequestPem(request)},
  };
}

NewFile InvitationFile(const InitOptions& options, base::Random& random) {
  const trust::Token token{.kind = trust::TokenKind::kOperator,
                           .secret = trust::NewTokenSecret(random)};
  return {
      layout::kOperatorToken,
      absl::StrCat(trust::PrintToken(token), "\n", options.operator_name, " ", kEveryRole, "\n"),
      layout::kSecretMode};
}

// In the order in which they are written: the configuration last, so that a directory with one is
// complete.
absl::StatusOr<std::vector<NewFile>> AllFiles(const InitOptions& options, base::Random& random) {
  MIG_ASSIGN_OR_RETURN(std::vector<NewFile> files,
                       AuthorityFiles("loaders", layout::kLoadersCaCertificate,
                                      layout::kLoadersCaKey, options, random));
  MIG_ASSIGN_OR_RETURN(std::vector<NewFile> operators,
                       AuthorityFiles("operators", layout::kOperatorsCaCertificate,
                                      layout::kOperatorsCaKey, options, random));
  MIG_ASSIGN_OR_RETURN(std::vector<NewFile> online, OnlineKeyFiles(random));
  MIG_ASSIGN_OR_RETURN(std::vector<NewFile> server, ServerFiles(options, random));
  for (std::vector<NewFile>* more : {&operators, &online, &server}) {
    for (NewFile& file : *more) files.push_back(std::move(file));
  }
  files.push_back(InvitationFile(options, random));
  files.push_back({layout::kCoordinatorConfig, ConfigTemplate(options.name, options.trust_domain)});
  return files;
}

}  // namespace

absl::Status InitDirectory(base::FileSystem& disk, base::Random& random,
                           absl::string_view directory, const InitOptions& options) {
  MIG_RETURN_IF_ERROR(CheckNames(options));
  MIG_ASSIGN_OR_RETURN(const std::vector<NewFile> files, AllFiles(options, random));
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::Directory> opened,
                       base::MakeDirs(disk, directory, layout::kDirectoryMode));
  for (const NewFile& file : files) {
    const auto there = opened->Stat(file.name);
    if (there.ok()) {
      return absl::AlreadyExistsError(absl::StrCat(
          base::JoinPath(directory, file.name),
          " is there already and is not replaced; name another directory, or move it away"));
    }
    if (!absl::IsNotFound(there.status())) return there.status();
  }
  for (const NewFile& file : files) {
    MIG_RETURN_IF_ERROR(base::WriteDurably(*opened, file.name, file.bytes, file.mode));
  }
  return absl::OkStatus();
}

}  // namespace mig::coordinator
