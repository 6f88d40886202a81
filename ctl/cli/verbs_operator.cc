// migctl operator invite|list|revoke

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "ctl/cli/command_line.h"
#include "ctl/cli/roles.h"
#include "ctl/output/exit_code.h"
#include "ctl/output/json.h"
#include "ctl/output/table.h"
#include "ctl/output/words.h"

namespace mig::ctl {
namespace {

struct OperatorArguments {
  std::string name;
  std::vector<std::string> roles;
  std::string out;
  std::string reason;
};

absl::StatusOr<int> Invite(Session& session, const OperatorArguments& arguments) {
  v1::InviteOperatorRequest request;
  request.set_name(arguments.name);
  MIG_ASSIGN_OR_RETURN(const std::vector<v1::AdminRole> roles, ParseRoles(arguments.roles));
  for (const v1::AdminRole role : roles) request.add_roles(role);
  // Before the token is made: it is told once.
  if (session.files().Exists(arguments.out)) {
    return absl::AlreadyExistsError(absl::StrCat(
        arguments.out, " is there already, and nothing is overwritten; name another file"));
  }
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  MIG_ASSIGN_OR_RETURN(const v1::InviteOperatorAnswer answer, admin->InviteOperator(request));
  MIG_RETURN_IF_ERROR(
      session.files().WriteNew(arguments.out, absl::StrCat(answer.token_text(), "\n"), 0600));
  v1::InviteOperatorAnswer shown = answer;
  shown.clear_token_text();
  session.Show(absl::StrCat(arguments.out, "  invites ", Shown(arguments.name), "  roles ",
                            RoleWords(request.roles()), "  one use, until ",
                            TimeWords(absl::FromUnixMillis(answer.expires_ms())), "\n"),
               ToJson(shown));
  session.console().Err(absl::StrCat("An invitation of ", Shown(arguments.name),
                                     " that was made before lets nobody in any more.\n"));
  session.Next(absl::StrCat("give it to ", Shown(arguments.name),
                            ", who runs migctl login --token-file ", arguments.out));
  return kExitOk;
}

absl::StatusOr<int> List(Session& session, const OperatorArguments&) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::ListOperatorsRequest request;
  std::vector<v1::Operator> operators;
  do {
    MIG_ASSIGN_OR_RETURN(const v1::ListOperatorsAnswer answer, admin->ListOperators(request));
    operators.insert(operators.end(), answer.operators().begin(), answer.operators().end());
    request.mutable_page()->set_token(answer.next_token());
  } while (!request.page().token().empty());
  Table table({"NAME", "ROLES", "SEEN", "CERTIFICATE", "STATE"});
  for (const v1::Operator& each : operators) {
    const bool has_certificate = each.certificate_expires_ms() != 0;
    table.AddRow({each.name(), RoleWords(each.roles()),
                  SinceWords(absl::FromUnixMillis(each.last_seen_ms()), session.now()),
                  has_certificate ? absl::StrCat("until ", TimeWords(absl::FromUnixMillis(
                                                               each.certificate_expires_ms())))
                                  : "none yet",
                  each.revoked()    ? "x revoked"
                  : has_certificate ? "+ good"
                                    : "? invited"});
  }
  MIG_RETURN_IF_ERROR(session.ShowPart(table, ToJsonList(operators)));
  session.Next("migctl operator invite NAME --role ROLE --out FILE");
  return kExitOk;
}

absl::StatusOr<int> Revoke(Session& session, const OperatorArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::RevokeOperatorRequest request;
  request.set_name(arguments.name);
  request.mutable_why()->set_reason(arguments.reason);
  MIG_ASSIGN_OR_RETURN(const v1::Operator revoked, admin->RevokeOperator(request));
  session.Show(
      absl::StrCat("Revoked ", Shown(revoked.name()), ": refused from the next call on.\n"),
      ToJson(revoked));
  session.console().Err(
      "Signatures are another matter: a key leaves its role by a new root (migctl root new).\n");
  session.Next("migctl operator list");
  return kExitOk;
}

}  // namespace

void AddOperatorVerbs(CommandLine& line) {
  CLI::App* const noun =
      line.Noun("operator", "people who may call the coordinator", "migctl operator list");
  CLI::App* const invite =
      line.Verb(noun, "invite", "a one-use token for somebody's first login",
                "migctl operator invite bo --role operator,approver --out bo.token");
  const auto invited = std::make_shared<OperatorArguments>();
  invite->add_option("NAME", invited->name, "a-z 0-9 . _ -")->required();
  invite
      ->add_option(
          "--role", invited->roles,
          "viewer, operator, approver, rollout-signer, release-signer, admin; with commas, "
          "or repeated")
      ->required()
      ->take_all()
      ->allow_extra_args(false);
  invite->add_option("--out", invited->out, "file for the token (0600); it is told once")
      ->required();
  line.Does(invite, invited, Invite);

  CLI::App* const list = line.Verb(noun, "list", "list them, with their roles");
  line.Reads(list);
  line.Does(list, std::make_shared<OperatorArguments>(), List);

  CLI::App* const revoke = line.Verb(noun, "revoke", "refuse one from now on",
                                     "migctl operator revoke bo --reason 'left the company'");
  const auto revoked = std::make_shared<OperatorArguments>();
  revoke->add_option("NAME", revoked->name, "as migctl operator list shows it")->required();
  revoke->add_option("--reason", revoked->reason, "why, for the audit log")->required();
  line.Does(revoke, revoked, Revoke);
}

}  // namespace mig::ctl
