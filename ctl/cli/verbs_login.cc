// migctl login, whoami

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "ctl/cli/command_line.h"
#include "ctl/cli/roles.h"
#include "ctl/output/exit_code.h"
#include "ctl/output/json.h"
#include "ctl/output/table.h"
#include "ctl/output/words.h"
#include "trust/refusal.h"
#include "trust/root_chain.h"
#include "trust/token/token.h"
#include "trust/x509/certificate.h"
#include "trust/x509/certificate_request.h"
#include "trust/x509/private_key.h"

namespace mig::ctl {
namespace {

namespace x509 = trust::x509;

struct LoginArguments {
  std::string token_file;
};

// The token's first line; what else the file has is for the coordinator.
absl::StatusOr<trust::Token> ReadToken(Session& session, const std::string& file) {
  MIG_ASSIGN_OR_RETURN(const std::string text,
                       session.files().ReadSecret(file, base::kMaxTokenFileBytes, "the token"));
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  absl::StatusOr<trust::Token> token =
      trust::ParseToken(lines.front(), trust::TokenKind::kOperator);
  if (token.ok()) return token;
  return absl::InvalidArgumentError(absl::StrCat(file, ":1: ", token.status().message()));
}

// The roots that the token's maker knew: a login at a coordinator that hides one is refused.
absl::Status CheckTokenRoot(Session& session, EnrollmentClient& client, const trust::Token& token) {
  MIG_ASSIGN_OR_RETURN(const trust::Verified<trust::Root>* const local, session.local_root());
  if (local == nullptr || token.root_version == 0) return absl::OkStatus();
  std::vector<std::string> envelopes;
  if ((*local)->version() < token.root_version) {
    v1::WalkRootsRequest request;
    request.set_root_version((*local)->version());
    MIG_ASSIGN_OR_RETURN(const v1::WalkRootsAnswer answer, client.WalkRoots(request));
    envelopes.assign(answer.roots().begin(), answer.roots().end());
  }
  const trust::RootWalk walk = trust::WalkRoots(*local, envelopes);
  const bool is_there =
      walk.root->version() > token.root_version ||
      (walk.root->version() == token.root_version && walk.root.digest() == token.root_digest);
  if (!is_there) {
    return trust::Refuse(
        v1::Refusal::ROOT_VERSION,
        absl::StrCat("the token was made under root ", token.root_version, " (sha256 ",
                     token.root_digest.ToHex(), "), and the roots trusted here lead to root ",
                     walk.root->version(), " (sha256 ", walk.root.digest().ToHex(),
                     "); ask who gave you the token which root is right"));
  }
  if (walk.steps == 0) return absl::OkStatus();
  MIG_ASSIGN_OR_RETURN(const TrustedDocuments trusted, session.trusted());
  return trusted.SaveRoot(walk.root);
}

absl::StatusOr<std::vector<x509::Certificate>> CheckedChain(const v1::FirstLoginAnswer& answer,
                                                            const x509::PrivateKey& key) {
  std::vector<x509::Certificate> chain;
  for (const std::string& der : answer.certificate_chain()) {
    MIG_ASSIGN_OR_RETURN(x509::Certificate certificate, x509::Certificate::ParseDer(der));
    chain.push_back(std::move(certificate));
  }
  if (chain.empty() || chain.front().spki() != key.spki()) {
    return absl::DataLossError(
        "the coordinator's certificate is not for the key that was made here; nothing was kept; "
        "ask for a new token");
  }
  MIG_RETURN_IF_ERROR(chain.front().spiffe_id().status());
  return chain;
}

// A key for a login: the one that waits in `file` since a login whose answer was lost, since its
// token is good for that key only; else a new one, durable before the token is spent.
absl::StatusOr<x509::PrivateKey> PendingKey(Session& session, const std::string& file) {
  if (session.files().Exists(file)) {
    const auto pem = session.files().ReadSecret(file, base::kMaxPemFileBytes, "the key of a login");
    if (pem.ok()) {
      absl::StatusOr<x509::PrivateKey> kept = x509::PrivateKey::FromPem(*pem);
      if (kept.ok()) return kept;
    }
  }
  x509::PrivateKey key = x509::PrivateKey::Generate(session.world().random);
  MIG_RETURN_IF_ERROR(session.files().Replace(file, key.ToPem(), 0600));
  return key;
}

// Whether the token may have been spent although no answer came.
bool MayHaveHappened(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

absl::StatusOr<v1::FirstLoginAnswer> CallFirstLogin(EnrollmentClient& client,
                                                    const trust::Token& token,
                                                    const x509::PrivateKey& key) {
  v1::FirstLoginRequest request;
  request.set_token_secret(std::string(token.secret.bytes()));
  MIG_ASSIGN_OR_RETURN(const std::string csr, x509::CertificateRequest::Make(key, "operator"));
  request.set_csr(csr);
  return client.FirstLogin(request);
}

// As whoami will show it.
v1::Operator Me(const v1::FirstLoginAnswer& answer, const x509::SpiffeId& id, absl::Time end) {
  v1::Operator me;
  me.set_name(id.name());
  me.set_spiffe_id(id.ToUri());
  me.set_certificate_expires_ms(absl::ToUnixMillis(end));
  const auto roles = ParseRoles({answer.roles().begin(), answer.roles().end()});
  // A role that only a newer coordinator knows is in the text.
  if (roles.ok()) me.mutable_roles()->Assign(roles->begin(), roles->end());
  return me;
}

absl::StatusOr<int> Login(Session& session, const LoginArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(const trust::Token token, ReadToken(session, arguments.token_file));
  MIG_ASSIGN_OR_RETURN(const ContextStore store, session.contexts());
  MIG_ASSIGN_OR_RETURN(const Context context, session.context());
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<EnrollmentClient> client, session.enrollment());
  MIG_RETURN_IF_ERROR(CheckTokenRoot(session, *client, token));

  MIG_RETURN_IF_ERROR(store.MakeDirectory(context.name));
  const std::string pending = absl::StrCat(store.KeyFile(context.name), ".new");
  MIG_ASSIGN_OR_RETURN(const x509::PrivateKey key, PendingKey(session, pending));
  const absl::StatusOr<v1::FirstLoginAnswer> called = CallFirstLogin(*client, token, key);
  const auto checked = called.ok() ? CheckedChain(*called, key) : called.status();
  if (!checked.ok()) {
    if (!MayHaveHappened(checked.status())) session.files().Remove(pending).IgnoreError();
    return checked.status();
  }
  const v1::FirstLoginAnswer& answer = *called;
  const std::vector<x509::Certificate>& chain = *checked;
  MIG_RETURN_IF_ERROR(session.files().Replace(store.KeyFile(context.name), key.ToPem(), 0600));
  MIG_RETURN_IF_ERROR(
      session.files().Replace(store.CertificateFile(context.name), x509::ChainPem(chain), 0600));
  MIG_RETURN_IF_ERROR(session.files().Remove(pending));

  MIG_ASSIGN_OR_RETURN(const x509::SpiffeId id, chain.front().spiffe_id());
  const std::string roles = absl::StrJoin(answer.roles(), ", ");
  session.Show(
      absl::StrCat(id.ToUri(), "  roles ", Shown(roles), "  valid ",
                   SpanWords(chain.front().not_after() - session.now()), ", renews itself\n"),
      ToJson(Me(answer, id, chain.front().not_after())));
  session.Next("migctl doctor");
  return kExitOk;
}

absl::StatusOr<int> WhoAmI(Session& session, const LoginArguments&) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  MIG_ASSIGN_OR_RETURN(const v1::Operator me, admin->WhoAmI(v1::WhoAmIRequest()));
  MIG_RETURN_IF_ERROR(session.ShowPart(
      absl::StrCat(Shown(me.spiffe_id()), "  roles ", RoleWords(me.roles()), "  valid until ",
                   TimeWords(absl::FromUnixMillis(me.certificate_expires_ms())), "\n"),
      ToJson(me)));
  return kExitOk;
}

}  // namespace

void AddLoginVerbs(CommandLine& line) {
  CLI::App* const login =
      line.Verb(&line.app, "login", "first login of an operator, with a one-use token",
                "migctl login --token-file bo.token");
  const auto arguments = std::make_shared<LoginArguments>();
  login->add_option("--token-file", arguments->token_file, "file with the token (mode 0600)")
      ->required();
  line.Does(login, arguments, Login);
  CLI::App* const whoami =
      line.Verb(&line.app, "whoami", "who the coordinator takes you for", "migctl whoami");
  line.Reads(whoami);
  line.Does(whoami, std::make_shared<LoginArguments>(), WhoAmI);
}

}  // namespace mig::ctl
