#include "loader/state/identity_store.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/whole_file.h"

namespace mig::loader {

namespace {

constexpr char kCurrent[] = "host.pem";
constexpr char kFormer[] = "former.pem";
constexpr char kPending[] = "next.key";
constexpr char kRoot[] = "root";
constexpr uint32_t kMode = 0600;

constexpr absl::string_view kCertificateBegins = "-----BEGIN CERTIFICATE-----";
constexpr absl::string_view kKeyEnds = "PRIVATE KEY-----\n";

bool IsPair(const IdentityPem& pair) {
  return absl::EndsWith(pair.private_key, kKeyEnds) &&
         absl::StartsWith(pair.certificate_chain, kCertificateBegins);
}

}  // namespace

absl::StatusOr<std::optional<IdentityPem>> IdentityStore::Current() { return ReadPair(kCurrent); }

absl::StatusOr<std::optional<IdentityPem>> IdentityStore::Former() { return ReadPair(kFormer); }

absl::StatusOr<std::optional<std::string>> IdentityStore::PendingKey() {
  MIG_ASSIGN_OR_RETURN(std::optional<std::string> pending, ReadIfThere(kPending));
  MIG_ASSIGN_OR_RETURN(const std::optional<IdentityPem> current, Current());
  // Left by an Install that was cut short after it had put the new pair in place.
  const bool is_done =
      pending.has_value() && current.has_value() && current->private_key == *pending;
  if (is_done) return std::nullopt;
  return pending;
}

absl::Status IdentityStore::StartRenewal(absl::string_view private_key_pem) {
  if (!absl::EndsWith(private_key_pem, kKeyEnds)) {
    return absl::InvalidArgumentError("a host key to be kept is not a private key in PEM");
  }
  return base::WriteDurably(*directory_, kPending, private_key_pem, kMode);
}

absl::Status IdentityStore::Install(const IdentityPem& identity) {
  if (!IsPair(identity)) {
    return absl::InvalidArgumentError(
        "a host identity to be installed is not a private key and a certificate chain in PEM");
  }
  MIG_ASSIGN_OR_RETURN(const std::optional<IdentityPem> current, Current());
  if (current.has_value() && *current != identity) {
    MIG_RETURN_IF_ERROR(
        base::WriteDurably(*directory_, kFormer,
                           absl::StrCat(current->private_key, current->certificate_chain), kMode));
  }
  MIG_RETURN_IF_ERROR(
      base::WriteDurably(*directory_, kCurrent,
                         absl::StrCat(identity.private_key, identity.certificate_chain), kMode));
  const absl::Status removed = directory_->Unlink(kPending);
  if (absl::IsNotFound(removed)) return absl::OkStatus();
  MIG_RETURN_IF_ERROR(removed);
  return directory_->Sync();
}

absl::StatusOr<std::string> IdentityStore::AnchorRoot() {
  return base::ReadWhole(*directory_, kRoot, base::kMaxEnvelopeBytes);
}

absl::Status IdentityStore::SetAnchorRoot(absl::string_view envelope) {
  if (envelope.size() > base::kMaxEnvelopeBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a root of ", envelope.size(), " bytes, at most ", base::kMaxEnvelopeBytes));
  }
  return base::WriteDurably(*directory_, kRoot, envelope, kMode);
}

absl::StatusOr<std::optional<std::string>> IdentityStore::ReadIfThere(absl::string_view name) {
  absl::StatusOr<std::string> text = base::ReadWhole(*directory_, name, kMaxIdentityFileBytes);
  if (absl::IsNotFound(text.status())) return std::nullopt;
  MIG_RETURN_IF_ERROR(text.status());
  return *std::move(text);
}

absl::StatusOr<std::optional<IdentityPem>> IdentityStore::ReadPair(absl::string_view name) {
  MIG_ASSIGN_OR_RETURN(const std::optional<std::string> text, ReadIfThere(name));
  if (!text.has_value()) return std::nullopt;
  const size_t split = absl::string_view(*text).find(kCertificateBegins);
  IdentityPem pair;
  if (split != absl::string_view::npos) {
    pair = {.private_key = text->substr(0, split), .certificate_chain = text->substr(split)};
  }
  if (!IsPair(pair)) {
    return absl::DataLossError(
        absl::StrCat(directory_->path(), "/", name,
                     " is not a private key and its certificates; enroll this host again with "
                     "`mig-loader enroll`"));
  }
  return pair;
}

}  // namespace mig::loader
