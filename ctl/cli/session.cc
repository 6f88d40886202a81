#include "ctl/cli/session.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "coordinator/server/directory_layout.h"
#include "ctl/output/words.h"
#include "trust/document_type.h"
#include "trust/refusal.h"
#include "trust/root_chain.h"
#include "trust/x509/certificate.h"
#include "trust/x509/certificate_request.h"
#include "trust/x509/possession.h"
#include "trust/x509/private_key.h"

namespace mig::ctl {
namespace {

namespace x509 = trust::x509;

// A certificate lives 30 days; the last third is for renewing it.
constexpr absl::Duration kRenewBefore = absl::Hours(24 * 10);

// What a renewal answered, as PEM. It replaces the certificate that works: it must be for `key`.
absl::StatusOr<std::string> ChainOf(
    const google::protobuf::RepeatedPtrField<std::string>& certificates,
    const x509::PrivateKey& key) {
  std::vector<x509::Certificate> chain;
  for (const std::string& der : certificates) {
    MIG_ASSIGN_OR_RETURN(x509::Certificate certificate, x509::Certificate::ParseDer(der));
    chain.push_back(std::move(certificate));
  }
  if (chain.empty() || chain.front().spki() != key.spki()) {
    return absl::DataLossError(
        "the coordinator's new certificate is not for your key; the one that you have was kept: "
        "tell whoever runs it");
  }
  return x509::ChainPem(chain);
}

}  // namespace

Session::Session(World& world, GlobalOptions options)
    : world_(world),
      options_(std::move(options)),
      output_(Setting(options_.output, "MIGCTL_OUTPUT")) {}

std::string Session::Setting(const std::string& flag, const std::string& variable) const {
  if (!flag.empty()) return flag;
  const auto found = world_.environment.find(variable);
  return found == world_.environment.end() ? std::string() : found->second;
}

absl::Status Session::CheckOutput() const {
  if (output_.empty() || output_ == "table" || wants_json()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("-o ", base::Escaped(output_), ": there are table, json and jsonl"));
}

void Session::OutJson(absl::string_view json) const {
  console().Out(wants_lines() ? JsonLines(json) : absl::StrCat(json, "\n"));
}

void Session::Show(absl::string_view screen, const Json& json) const {
  if (wants_json()) {
    OutJson(json.text);
  } else {
    console().Out(screen);
  }
}

std::vector<std::string> Session::fields() const {
  return absl::StrSplit(options_.fields, absl::ByAnyChar(", "), absl::SkipEmpty());
}

absl::Status Session::ShowPart(absl::string_view screen, const Json& json) const {
  if (options_.fields.empty()) {
    Show(screen, json);
    return absl::OkStatus();
  }
  if (!wants_json()) {
    return absl::InvalidArgumentError("--fields: this is no table; add -o json, and name its keys");
  }
  MIG_ASSIGN_OR_RETURN(const std::string selected, SelectFields(json, fields()));
  OutJson(selected);
  return absl::OkStatus();
}

absl::Status Session::ShowPart(const Table& table, const Json& json) const {
  if (options_.fields.empty() || wants_json()) {
    return ShowPart(wants_json() ? std::string() : table.Render(console().facts()), json);
  }
  MIG_ASSIGN_OR_RETURN(const Table selected, table.Select(fields()));
  console().Out(selected.Render(console().facts()));
  return absl::OkStatus();
}

void Session::Next(absl::string_view command) const {
  console().Err(absl::StrCat("Next: ", command, "\n"));
}

absl::StatusOr<ContextStore> Session::contexts() const {
  MIG_ASSIGN_OR_RETURN(std::string directory, ConfigDirectory(world_.environment));
  return ContextStore(files(), std::move(directory));
}

absl::StatusOr<std::string> Session::ContextName() const {
  const std::string name = Setting(options_.context, "MIGCTL_CONTEXT");
  if (!name.empty()) return name;
  MIG_ASSIGN_OR_RETURN(const ContextStore store, contexts());
  return store.Current();
}

absl::StatusOr<Context> Session::context() const {
  MIG_ASSIGN_OR_RETURN(const std::string name, ContextName());
  if (name.empty()) {
    return absl::InvalidArgumentError(
        "no context was chosen; make one with migctl context set NAME --endpoint HOST:8445 --ca "
        "FILE --root FILE --use");
  }
  MIG_ASSIGN_OR_RETURN(const ContextStore store, contexts());
  MIG_ASSIGN_OR_RETURN(Context context, store.Get(name));
  const std::string endpoint = Setting(options_.endpoint, "MIGCTL_ENDPOINT");
  if (!endpoint.empty()) {
    MIG_RETURN_IF_ERROR(CheckEndpoint(endpoint));
    context.endpoint = endpoint;
  }
  return context;
}

absl::StatusOr<TrustedDocuments> Session::trusted() const {
  MIG_ASSIGN_OR_RETURN(const ContextStore store, contexts());
  MIG_ASSIGN_OR_RETURN(const Context chosen, context());
  return TrustedDocuments(files(), store.RootFile(chosen.name),
                          store.TrustedDirectory(chosen.name));
}

absl::StatusOr<ServerAddress> Session::Address(const std::string& endpoint) const {
  std::string ca = Setting(options_.ca, "MIGCTL_CA");
  if (ca.empty()) {
    MIG_ASSIGN_OR_RETURN(const ContextStore store, contexts());
    MIG_ASSIGN_OR_RETURN(const Context chosen, context());
    ca = store.CaFile(chosen.name);
  }
  ServerAddress address;
  address.endpoint = endpoint;
  MIG_ASSIGN_OR_RETURN(address.ca_pem, ReadServersCa(ca, files()));
  return address;
}

absl::StatusOr<std::unique_ptr<EnrollmentClient>> Session::enrollment() const {
  MIG_ASSIGN_OR_RETURN(const Context chosen, context());
  const std::string endpoint = chosen.enrollment.empty()
                                   ? WithPort(chosen.endpoint, coordinator::layout::kEnrollmentPort)
                                   : chosen.enrollment;
  MIG_ASSIGN_OR_RETURN(const ServerAddress address, Address(endpoint));
  return world_.connector.Enrollment(address);
}

absl::StatusOr<OperatorIdentity> Session::Identity() {
  MIG_ASSIGN_OR_RETURN(const ContextStore store, contexts());
  MIG_ASSIGN_OR_RETURN(const Context chosen, context());
  if (!files().Exists(store.CertificateFile(chosen.name))) {
    return absl::FailedPreconditionError(
        absl::StrCat("no login in context '", chosen.name,
                     "' yet; get a token from an admin, then migctl login --token-file FILE"));
  }
  MIG_ASSIGN_OR_RETURN(OperatorIdentity identity, StoredIdentity(store, chosen));
  MIG_ASSIGN_OR_RETURN(const std::string renewed, RenewIfDue(identity));
  if (!renewed.empty()) {
    MIG_RETURN_IF_ERROR(files().Replace(store.CertificateFile(chosen.name), renewed, 0600));
    identity.chain_pem = renewed;
  }
  return identity;
}

// The two files that the login wrote: readable, undamaged and a pair.
absl::StatusOr<OperatorIdentity> Session::StoredIdentity(const ContextStore& store,
                                                         const Context& context) const {
  const std::string key_file = store.KeyFile(context.name);
  const std::string certificate_file = store.CertificateFile(context.name);
  const auto damaged = [](const std::string& file, absl::string_view why) {
    return absl::FailedPreconditionError(
        absl::StrCat(file, ": ", why,
                     "; log in again: get a token from an admin (migctl operator "
                     "invite), then migctl login --token-file FILE"));
  };
  OperatorIdentity identity;
  MIG_ASSIGN_OR_RETURN(identity.chain_pem,
                       files().Read(certificate_file, base::kMaxPemFileBytes, "your certificate"));
  const auto chain = x509::Certificate::ParsePemChain(identity.chain_pem);
  if (!chain.ok()) return damaged(certificate_file, chain.status().message());
  if (!files().Exists(key_file)) return damaged(key_file, "your key is missing");
  MIG_ASSIGN_OR_RETURN(identity.key_pem,
                       files().ReadSecret(key_file, base::kMaxPemFileBytes, "your key"));
  const auto key = x509::PrivateKey::FromPem(identity.key_pem);
  if (!key.ok()) return damaged(key_file, key.status().message());
  if (key->spki() != chain->front().spki()) {
    return damaged(certificate_file, "this certificate is not for the key beside it");
  }
  return identity;
}

// The new chain; empty if it is not due, or could wait and did not work.
absl::StatusOr<std::string> Session::RenewIfDue(const OperatorIdentity& identity) {
  MIG_ASSIGN_OR_RETURN(const std::vector<x509::Certificate> chain,
                       x509::Certificate::ParsePemChain(identity.chain_pem));
  const x509::Certificate& leaf = chain.front();
  if (now() < leaf.not_after() - kRenewBefore) return std::string();
  MIG_ASSIGN_OR_RETURN(const x509::SpiffeId id, leaf.spiffe_id());
  MIG_ASSIGN_OR_RETURN(const x509::PrivateKey key, x509::PrivateKey::FromPem(identity.key_pem));
  // The same key: certificate and key are two files, and stay a pair if power fails between them.
  MIG_ASSIGN_OR_RETURN(const std::string csr, x509::CertificateRequest::Make(key, id.name()));
  if (now() < leaf.not_after()) {
    MIG_ASSIGN_OR_RETURN(const Context chosen, context());
    MIG_ASSIGN_OR_RETURN(const ServerAddress address, Address(chosen.endpoint));
    v1::RenewOperatorCertificateRequest request;
    request.set_csr(csr);
    const auto answer =
        world_.connector.Admin(address, identity)->RenewOperatorCertificate(request);
    if (answer.ok()) return ChainOf(answer->certificate_chain(), key);
    console().Err(absl::StrCat("your certificate ends ", TimeWords(leaf.not_after()),
                               " and could not be renewed: ", answer.status().message(), "\n"));
    return std::string();
  }
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<EnrollmentClient> client, enrollment());
  v1::RenewByPossessionRequest request;
  request.set_certificate(leaf.der());
  request.set_csr(csr);
  request.set_proof(x509::ProvePossession(key, id.trust_domain(), csr));
  MIG_ASSIGN_OR_RETURN(const v1::RenewByPossessionAnswer answer,
                       client->RenewByPossession(request));
  return ChainOf(answer.certificate_chain(), key);
}

absl::StatusOr<AdminClient*> Session::admin() {
  if (admin_ == nullptr) {
    MIG_RETURN_IF_ERROR(local_root().status());
    MIG_ASSIGN_OR_RETURN(const Context chosen, context());
    MIG_ASSIGN_OR_RETURN(const OperatorIdentity identity, Identity());
    MIG_ASSIGN_OR_RETURN(const ServerAddress address, Address(chosen.endpoint));
    admin_ = world_.connector.Admin(address, identity);
  }
  return admin_.get();
}

absl::StatusOr<const trust::Verified<trust::Root>*> Session::local_root() {
  if (!root_.has_value()) {
    if (const std::string file = Setting(options_.root, "MIGCTL_ROOT"); !file.empty()) {
      MIG_ASSIGN_OR_RETURN(root_, ReadRootFile(file, files()));
    } else {
      MIG_ASSIGN_OR_RETURN(const std::string name, ContextName());
      if (name.empty()) return nullptr;
      MIG_ASSIGN_OR_RETURN(const TrustedDocuments documents, trusted());
      MIG_ASSIGN_OR_RETURN(root_, documents.Root());
    }
    SayTrial();
  }
  return root_.has_value() ? &*root_ : nullptr;
}

absl::StatusOr<const trust::Verified<trust::Root>*> Session::root() {
  MIG_ASSIGN_OR_RETURN(const trust::Verified<trust::Root>* const local, local_root());
  if (local == nullptr) {
    return absl::FailedPreconditionError(
        "no trusted root here, and a server is not believed; compare one with its holders, then "
        "migctl context set NAME --root FILE, or --root FILE");
  }
  if (admin_ != nullptr) MIG_RETURN_IF_ERROR(FollowRoots());
  return &*root_;
}

absl::Status Session::FollowRoots() {
  const uint64_t before = (*root_)->version();
  for (size_t step = 0; step < base::kMaxRootsPerRun; ++step) {
    v1::GetDocumentRequest request;
    request.set_name(absl::StrCat("root-", (*root_)->version() + 1));
    const auto next = admin_->GetDocument(request);
    if (absl::IsNotFound(next.status())) break;
    MIG_RETURN_IF_ERROR(next.status());
    absl::StatusOr<trust::Verified<trust::Root>> verified =
        trust::VerifyNextRoot(next->envelope(), *root_);
    // One that still waits for signatures is no root yet.
    if (trust::RefusalOf(verified.status()) == v1::Refusal::SIGNATURES) break;
    if (!verified.ok()) {
      return trust::WithContext(absl::StrCat("the coordinator's root ", (*root_)->version() + 1,
                                             " does not follow "
                                             "the one that is trusted here"),
                                verified.status());
    }
    root_ = *std::move(verified);
  }
  if ((*root_)->version() == before) return absl::OkStatus();
  console().Err(absl::StrCat("root ", (*root_)->version(), " follows root ", before,
                             ": verified, and trusted from now on\n"));
  if (!Setting(options_.root, "MIGCTL_ROOT").empty()) return absl::OkStatus();
  MIG_ASSIGN_OR_RETURN(const TrustedDocuments documents, trusted());
  return documents.SaveRoot(*root_);
}

void Session::SayTrial() {
  if (said_trial_ || !root_.has_value() || !(*root_)->IsTrial()) return;
  said_trial_ = true;
  console().Err("TRIAL ROOT 1 of 1\n");
}

PassphraseSource Session::passphrase() const {
  const std::string file = Setting(options_.passphrase_file, "MIGCTL_PASSPHRASE_FILE");
  PassphraseSource source = {console(), files(), std::nullopt};
  if (!file.empty()) source.file = file;
  return source;
}

KeySearch Session::key(const std::string& what) const {
  const std::string directory = Setting(options_.key_dir, "MIGCTL_KEY_DIR");
  return {what, directory.empty() ? "." : directory};
}

}  // namespace mig::ctl
