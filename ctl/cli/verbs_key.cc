// migctl key new|list, ca new|issue

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/server/directory_layout.h"
#include "ctl/cli/command_line.h"
#include "ctl/documents/spans.h"
#include "ctl/keys/key_store.h"
#include "ctl/output/exit_code.h"
#include "ctl/output/json.h"
#include "ctl/output/table.h"
#include "ctl/output/words.h"
#include "trust/document_type.h"
#include "trust/public_key.h"
#include "trust/x509/authority.h"
#include "trust/x509/certificate.h"
#include "trust/x509/certificate_request.h"

namespace mig::ctl {
namespace {

namespace x509 = trust::x509;

struct KeyArguments {
  std::string name;
  std::string out;
  std::string directory;
};

absl::StatusOr<int> NewKey(Session& session, const KeyArguments& arguments) {
  const std::string out =
      arguments.out.empty() ? absl::StrCat(arguments.name, ".key") : arguments.out;
  MIG_ASSIGN_OR_RETURN(
      const trust::PublicKey key,
      MakeKey({arguments.name, out}, session.passphrase(), session.world().random));
  session.Show(absl::StrCat("private ", out, "  public ", out, ".pub  id ",
                            trust::ShortId(key.id()), " ..\n"),
               JsonObject({{"name", arguments.name},
                           {"private", out},
                           {"public", absl::StrCat(out, ".pub")},
                           {"id", key.id().ToHex()}}));
  session.console().Err("Print the public line and keep it apart; back up the private file.\n");
  session.Next(absl::StrCat("give ", out, ".pub to whoever runs migctl root new"));
  return kExitOk;
}

// In which roles of the trusted root a key is.
std::string RolesOf(const trust::Root* root, const trust::KeyId& id) {
  if (root == nullptr) return "";
  for (const trust::RoleKind kind : trust::kAllRoleKinds) {
    for (const trust::RoleKey& key : root->role(kind).keys) {
      if (key.key.id() == id) return std::string(trust::NameOf(kind));
    }
  }
  return "none";
}

absl::StatusOr<int> ListAllKeys(Session& session, const KeyArguments& arguments) {
  const std::string directory =
      arguments.directory.empty() ? session.key("").directory : arguments.directory;
  MIG_ASSIGN_OR_RETURN(const std::vector<ListedKey> keys, ListKeys(directory, session.files()));
  MIG_ASSIGN_OR_RETURN(const trust::Verified<trust::Root>* const root, session.local_root());
  Table table({"NAME", "ID", "ROLE", "PRIVATE", "FILE"});
  std::vector<Json> json;
  for (const ListedKey& key : keys) {
    const std::string role = RolesOf(root == nullptr ? nullptr : &**root, key.key.id());
    table.AddRow(
        {key.name, trust::ShortId(key.key.id()), role, key.has_private ? "here" : "no", key.file});
    json.push_back(JsonObject({{"name", key.name},
                               {"id", key.key.id().ToHex()},
                               {"role", role},
                               {"private", key.has_private},
                               {"file", key.file}}));
  }
  MIG_RETURN_IF_ERROR(session.ShowPart(table, JsonList(json)));
  if (keys.empty()) session.Next("migctl key new --name NAME --out FILE");
  return kExitOk;
}

struct CaArguments {
  std::string name = "MIG servers";
  std::string out;
  std::string life = "120mo";
  std::string ca;
  std::string ca_key;
  std::string csr;
  std::string trust_domain;
  std::string coordinator;
  std::vector<std::string> dns;
  std::vector<std::string> ip;
};

absl::StatusOr<int> NewCa(Session& session, const CaArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(const Moment life, ParseMoment(arguments.life));
  const absl::Time now = session.now();
  MIG_ASSIGN_OR_RETURN(const x509::Authority ca,
                       x509::Authority::Create(arguments.name, now - absl::Hours(1), life.From(now),
                                               session.world().random));
  const std::string certificate = absl::StrCat(arguments.out, ".pem");
  const std::string key = absl::StrCat(arguments.out, ".key");
  for (const std::string& file : {certificate, key}) {
    if (!session.files().Exists(file)) continue;
    return absl::AlreadyExistsError(
        absl::StrCat(file, " is there already, and a CA is never overwritten; use another --out"));
  }
  MIG_RETURN_IF_ERROR(session.files().WriteNew(key, ca.key().ToPem(), 0600));
  MIG_RETURN_IF_ERROR(session.files().WriteNew(certificate, ca.certificate().ToPem(), 0644));
  session.Show(absl::StrCat("CA ", certificate, "  key ", key, "  until ",
                            TimeWords(ca.certificate().not_after()), "\n"),
               JsonObject({{"certificate", certificate},
                           {"key", key},
                           {"spkiSha256", ca.certificate().spki_digest().ToHex()}}));
  session.console().Err(
      "Keep the key offline: it makes servers that every loader believes to be the coordinator.\n");
  session.Next(absl::StrCat("migctl ca issue --ca-cert ", certificate, " --ca-key ", key,
                            " --dns HOST server.csr"));
  return kExitOk;
}

absl::StatusOr<std::string> TrustDomain(Session& session, const CaArguments& arguments) {
  if (!arguments.trust_domain.empty()) return arguments.trust_domain;
  MIG_ASSIGN_OR_RETURN(const trust::Verified<trust::Root>* const root, session.local_root());
  if (root != nullptr) return (*root)->head().trust_domain;
  return absl::InvalidArgumentError("which trust domain? add --trust-domain, or --root FILE");
}

absl::StatusOr<x509::Authority> LoadCa(Session& session, const CaArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(
      const std::string certificate,
      session.files().Read(arguments.ca, base::kMaxPemFileBytes, "the CA's certificate"));
  MIG_ASSIGN_OR_RETURN(
      const std::string key,
      session.files().ReadSecret(arguments.ca_key, base::kMaxPemFileBytes, "the CA's key"));
  absl::StatusOr<x509::Certificate> parsed = x509::Certificate::ParsePem(certificate);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(arguments.ca, ": ", parsed.status().message(),
                                                   "; give the .pem of migctl ca new"));
  }
  absl::StatusOr<x509::PrivateKey> parsed_key = x509::PrivateKey::FromPem(key);
  if (!parsed_key.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        arguments.ca_key, ": ", parsed_key.status().message(), "; give the .key of migctl ca new"));
  }
  absl::StatusOr<x509::Authority> ca =
      x509::Authority::Load(*std::move(parsed), *std::move(parsed_key));
  if (!ca.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(arguments.ca, " and ", arguments.ca_key, ": ",
                                                   ca.status().message(),
                                                   "; give the pair that migctl ca new made"));
  }
  return ca;
}

// server.csr -> server.pem, beside it.
absl::StatusOr<std::string> ChainFile(const CaArguments& arguments) {
  if (arguments.csr.empty()) {
    return absl::InvalidArgumentError("CSR is required: the server.csr of mig-coordinator init");
  }
  if (!arguments.out.empty()) return arguments.out;
  std::string out = arguments.csr;
  const size_t dot = out.rfind('.');
  if (dot != std::string::npos && out.find('/', dot) == std::string::npos) out.resize(dot);
  absl::StrAppend(&out, ".pem");
  if (out != arguments.csr) return out;
  return absl::InvalidArgumentError(
      absl::StrCat("the certificate would take the place of ", out, "; name a file with --out"));
}

absl::StatusOr<int> IssueServer(Session& session, const CaArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(const std::string out, ChainFile(arguments));
  MIG_ASSIGN_OR_RETURN(const x509::Authority ca, LoadCa(session, arguments));
  MIG_ASSIGN_OR_RETURN(const std::string pem,
                       session.files().Read(arguments.csr, base::kMaxPemFileBytes, "the request"));
  const auto request = x509::CertificateRequest::ParsePem(pem);
  if (!request.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(arguments.csr, ": ", request.status().message(),
                                                   "; give the server.csr of mig-coordinator "
                                                   "init"));
  }
  MIG_ASSIGN_OR_RETURN(const std::string domain, TrustDomain(session, arguments));
  const std::string name =
      arguments.coordinator.empty() ? request->common_name() : arguments.coordinator;
  MIG_ASSIGN_OR_RETURN(x509::SpiffeId id, x509::SpiffeId::Coordinator(domain, name));
  MIG_ASSIGN_OR_RETURN(const Moment life, ParseMoment(arguments.life));
  const absl::Time now = session.now();
  x509::CertificateTemplate wanted = {std::move(id), now - absl::Hours(1), life.From(now)};
  wanted.dns_names = arguments.dns;
  wanted.ip_addresses = arguments.ip;
  MIG_ASSIGN_OR_RETURN(const x509::Certificate issued,
                       ca.Issue(request->spki(), wanted, session.world().random));
  const std::vector<x509::Certificate> chain = {issued, ca.certificate()};
  MIG_RETURN_IF_ERROR(session.files().Replace(out, x509::ChainPem(chain), 0644));
  session.Show(
      absl::StrCat(out, "  ", wanted.id.ToUri(), "  until ", TimeWords(issued.not_after()), "\n"),
      JsonObject({{"certificate", out}, {"spiffeId", wanted.id.ToUri()}}));
  session.Next(absl::StrCat("put ", out,
                            " beside the coordinator's server.key, then "
                            "mig-coordinator --config coordinator.toml"));
  return kExitOk;
}

}  // namespace

void AddKeyVerbs(CommandLine& line) {
  CLI::App* const noun =
      line.Noun("key", "signing keys in files", "migctl key list keys --root root-1");
  CLI::App* const made = line.Verb(noun, "new", "make one, encrypted with a passphrase",
                                   "migctl key new --name ana-root");
  const auto arguments = std::make_shared<KeyArguments>();
  made->add_option("--name", arguments->name, "what screens call it: ana-root")->required();
  made->add_option("--out", arguments->out, "private file (NAME.key); the public one is OUT.pub");
  line.Does(made, arguments, NewKey);

  CLI::App* const list = line.Verb(noun, "list", "list those of a directory, with their roles");
  const auto listed = std::make_shared<KeyArguments>();
  list->add_option("DIR", listed->directory, "where to look (--key-dir)");
  line.Reads(list);
  line.Does(list, listed, ListAllKeys);
}

void AddCaVerbs(CommandLine& line) {
  CLI::App* const noun = line.Noun("ca", "the offline CA of the coordinators' servers",
                                   "migctl ca new --out servers-ca");
  CLI::App* const made = line.Verb(noun, "new", "make it");
  const auto arguments = std::make_shared<CaArguments>();
  made->add_option("--name", arguments->name, "its common name, for people");
  made->add_option("--out", arguments->out, "OUT.pem and OUT.key are written")->required();
  made->add_option("--life", arguments->life, "how long (120mo)");
  line.Does(made, arguments, NewCa);

  CLI::App* const issue = line.Verb(noun, "issue", "sign a server's certificate request",
                                    "migctl ca issue server.csr --ca-cert servers-ca.pem --ca-key "
                                    "servers-ca.key --trust-domain corp.example --dns mig.example");
  const auto issued = std::make_shared<CaArguments>();
  issued->life = "12mo";
  issue->add_option("--ca-cert", issued->ca, "the CA's certificate, PEM")->required();
  issue->add_option("--ca-key", issued->ca_key, "the CA's key, PEM")->required();
  issue->add_option("CSR,--csr", issued->csr, "server.csr of mig-coordinator init");
  issue->add_option("--dns", issued->dns, "DNS name of the server; may be repeated")
      ->take_all()
      ->allow_extra_args(false);
  issue->add_option("--ip", issued->ip, "address of the server; may be repeated")
      ->take_all()
      ->allow_extra_args(false);
  issue->add_option("--trust-domain", issued->trust_domain, "default: the trusted root's");
  issue->add_option("--coordinator", issued->coordinator, "its name; default: the request's");
  issue->add_option("--life", issued->life, "how long (12mo)");
  issue->add_option("--out", issued->out, "the chain, PEM (the CSR's name with .pem)");
  line.Does(issue, issued, IssueServer);
}

}  // namespace mig::ctl
