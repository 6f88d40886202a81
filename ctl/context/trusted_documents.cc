#include "ctl/context/trusted_documents.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "trust/x509/certificate.h"

namespace mig::ctl {

absl::StatusOr<trust::Verified<trust::Root>> ReadRootFile(absl::string_view path,
                                                          const LocalFiles& files) {
  MIG_ASSIGN_OR_RETURN(const std::string bytes,
                       files.Read(path, base::kMaxEnvelopeBytes, "the root"));
  absl::StatusOr<trust::Verified<trust::Root>> root = trust::VerifyFirstRoot(bytes);
  if (root.ok()) return root;
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": ", root.status().message(), "; name a root with all its signatures"));
}

absl::StatusOr<std::string> ReadServersCa(absl::string_view path, const LocalFiles& files) {
  MIG_ASSIGN_OR_RETURN(const std::string pem,
                       files.Read(path, base::kMaxPemFileBytes, "the servers' CA"));
  const auto chain = trust::x509::Certificate::ParsePemChain(pem);
  if (!chain.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", chain.status().message(), "; give the servers' CA as PEM"));
  }
  for (const trust::x509::Certificate& certificate : *chain) {
    if (certificate.is_ca()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": it has a certificate that is no CA's; give servers-ca.pem"));
  }
  return trust::x509::ChainPem(*chain);
}

TrustedDocuments::TrustedDocuments(const LocalFiles& files, std::string root_file,
                                   std::string directory)
    : files_(files), root_file_(std::move(root_file)), directory_(std::move(directory)) {}

absl::StatusOr<std::optional<trust::Verified<trust::Root>>> TrustedDocuments::Root() const {
  if (!files_.Exists(root_file_)) return std::nullopt;
  return ReadRootFile(root_file_, files_);
}

absl::Status TrustedDocuments::SaveRoot(const trust::Verified<trust::Root>& root) const {
  return files_.Replace(root_file_, root.envelope(), 0644);
}

template <typename T>
absl::StatusOr<std::optional<trust::Verified<T>>> TrustedDocuments::Last(
    const std::string& name, const trust::Verified<trust::Root>& root) const {
  const std::string path = base::JoinPath(directory_, name);
  if (!files_.Exists(path)) return std::nullopt;
  MIG_ASSIGN_OR_RETURN(const std::string bytes,
                       files_.Read(path, base::kMaxEnvelopeBytes, "the last trusted document"));
  absl::StatusOr<trust::Verified<T>> document = trust::Verify<T>(bytes, root);
  // Under a later root with other keys it says nothing any more.
  if (!document.ok()) return std::nullopt;
  return *std::move(document);
}

template <typename T>
absl::Status TrustedDocuments::Keep(const std::string& name, const trust::Verified<T>& document,
                                    const trust::Verified<trust::Root>& root) const {
  MIG_ASSIGN_OR_RETURN(const auto last, Last<T>(name, root));
  if (last.has_value() && (*last)->numbers() >= document->numbers()) return absl::OkStatus();
  MIG_RETURN_IF_ERROR(files_.MakeDirectory(directory_, 0700));
  return files_.Replace(base::JoinPath(directory_, name), document.envelope(), 0600);
}

absl::StatusOr<std::optional<trust::Verified<trust::Manifest>>> TrustedDocuments::LastManifest(
    absl::string_view product, const trust::Verified<trust::Root>& root) const {
  return Last<trust::Manifest>(absl::StrCat("release-", product), root);
}

absl::StatusOr<std::optional<trust::Verified<trust::Plan>>> TrustedDocuments::LastPlan(
    absl::string_view stream, const trust::Verified<trust::Root>& root) const {
  return Last<trust::Plan>(absl::StrCat("plan-", stream), root);
}

absl::Status TrustedDocuments::Remember(const trust::Verified<trust::Manifest>& manifest,
                                        const trust::Verified<trust::Root>& root) const {
  return Keep(absl::StrCat("release-", manifest->product()), manifest, root);
}

absl::Status TrustedDocuments::Remember(const trust::Verified<trust::Plan>& plan,
                                        const trust::Verified<trust::Root>& root) const {
  return Keep(absl::StrCat("plan-", plan->stream()), plan, root);
}

}  // namespace mig::ctl
