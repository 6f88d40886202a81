// migctl enroll token new|list|revoke, enroll pending|approve|deny

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "ctl/cli/command_line.h"
#include "ctl/cli/roles.h"
#include "ctl/documents/spans.h"
#include "ctl/output/exit_code.h"
#include "ctl/output/json.h"
#include "ctl/output/table.h"
#include "ctl/output/words.h"

namespace mig::ctl {
namespace {

struct TokenArguments {
  uint32_t uses = 1;
  std::string expires = "7d";
  std::vector<std::string> labels;
  std::string approve = "auto";
  std::string out;
  std::string name;
  std::string reason;
};

absl::StatusOr<v1::CreateTokenRequest> RequestOf(const TokenArguments& arguments) {
  v1::CreateTokenRequest request;
  request.set_uses(arguments.uses);
  MIG_ASSIGN_OR_RETURN(const absl::Duration life, ParseSpan(arguments.expires));
  // The coordinator takes zero for "not said", and gives seven days.
  if (life <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat("--expires ", arguments.expires,
                                                   ": such a token lets nobody in; write 1h, 7d"));
  }
  request.set_life_ms(absl::ToInt64Milliseconds(life));
  MIG_ASSIGN_OR_RETURN(const std::vector<v1::Tag> labels, ParseLabels(arguments.labels, "--label"));
  for (const v1::Tag& label : labels) *request.add_labels() = label;
  if (arguments.approve != "auto" && arguments.approve != "manual") {
    return absl::InvalidArgumentError(
        absl::StrCat("--approve ", arguments.approve, ": there are auto and manual"));
  }
  request.set_manual_approval(arguments.approve == "manual");
  return request;
}

std::string TokenLine(const v1::Token& token) {
  return absl::StrCat(Shown(token.name()), "  ", token.used(), "/", token.uses(), " used  expires ",
                      TimeWords(absl::FromUnixMillis(token.expires_ms())),
                      token.manual_approval() ? "  each host waits for approval" : "", "\n");
}

absl::StatusOr<int> NewToken(Session& session, const TokenArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(const v1::CreateTokenRequest request, RequestOf(arguments));
  if (!arguments.out.empty() && session.files().Exists(arguments.out)) {
    return absl::AlreadyExistsError(absl::StrCat(
        arguments.out, " is there already, and nothing is overwritten; name another file"));
  }
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  MIG_ASSIGN_OR_RETURN(v1::CreateTokenAnswer answer, admin->CreateToken(request));
  if (arguments.out.empty()) {
    session.Show(absl::StrCat(Shown(answer.token_text()), "\n"), ToJson(answer));
    session.console().Err(absl::StrCat("Shown once: ", TokenLine(answer.token())));
    session.Next("on the host: mig-loader enroll --token-file FILE");
    return kExitOk;
  }
  MIG_RETURN_IF_ERROR(
      session.files().WriteNew(arguments.out, absl::StrCat(answer.token_text(), "\n"), 0600));
  session.Show(absl::StrCat(arguments.out, "  ", TokenLine(answer.token())),
               ToJson(answer.token()));
  session.Next(absl::StrCat("on the host: mig-loader enroll --token-file ", arguments.out));
  return kExitOk;
}

absl::StatusOr<int> ListTokens(Session& session, const TokenArguments&) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::ListTokensRequest request;
  std::vector<v1::Token> tokens;
  do {
    MIG_ASSIGN_OR_RETURN(const v1::ListTokensAnswer answer, admin->ListTokens(request));
    tokens.insert(tokens.end(), answer.tokens().begin(), answer.tokens().end());
    request.mutable_page()->set_token(answer.next_token());
  } while (!request.page().token().empty());
  Table table({"NAME", "USED", "LAST USE", "EXPIRES", "APPROVAL", "LABELS", "BY", "STATE"});
  for (const v1::Token& token : tokens) {
    std::vector<std::string> labels;
    for (const v1::Tag& label : token.labels()) {
      labels.push_back(absl::StrCat(label.name(), "=", label.value()));
    }
    const absl::Time expires = absl::FromUnixMillis(token.expires_ms());
    const absl::string_view state = token.revoked()                ? "x revoked"
                                    : expires <= session.now()     ? "x expired"
                                    : token.used() >= token.uses() ? "x used up"
                                                                   : "+ good";
    table.AddRow({token.name(), absl::StrCat(token.used(), "/", token.uses()),
                  SinceWords(absl::FromUnixMillis(token.last_used_ms()), session.now()),
                  TimeWords(expires), token.manual_approval() ? "manual" : "auto",
                  absl::StrJoin(labels, " "), token.created_by(), std::string(state)});
  }
  MIG_RETURN_IF_ERROR(session.ShowPart(table, ToJsonList(tokens)));
  session.Next("migctl enroll token new, or migctl enroll token revoke NAME --reason WHY");
  return kExitOk;
}

absl::StatusOr<int> RevokeToken(Session& session, const TokenArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::RevokeTokenRequest request;
  request.set_name(arguments.name);
  request.mutable_why()->set_reason(arguments.reason);
  MIG_ASSIGN_OR_RETURN(const v1::Token token, admin->RevokeToken(request));
  session.Show(absl::StrCat("Revoked ", Shown(token.name()), ": it lets nobody in any more; ",
                            token.used(), " hosts came in with it.\n"),
               ToJson(token));
  session.Next("migctl enroll token list");
  return kExitOk;
}

struct EnrollmentArguments {
  std::string name;
  std::string replaces;
  std::string reason;
};

absl::StatusOr<int> Pending(Session& session, const EnrollmentArguments&) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::ListEnrollmentsRequest request;
  std::vector<v1::Enrollment> waiting;
  do {
    MIG_ASSIGN_OR_RETURN(const v1::ListEnrollmentsAnswer answer, admin->ListEnrollments(request));
    for (const v1::Enrollment& each : answer.enrollments()) {
      if (each.state() == v1::Enrollment::WAITING) waiting.push_back(each);
    }
    request.mutable_page()->set_token(answer.next_token());
  } while (!request.page().token().empty());
  Table table({"NAME", "HOST", "ADDRESS", "TOKEN", "ID", "ASKED", "NOTE"});
  for (const v1::Enrollment& each : waiting) {
    std::string note;
    if (each.same_as_size() > 0) {
      note = absl::StrCat("! name or machine exists (", each.same_as(0).substr(0, 8),
                          "): re-image or clone?");
    }
    table.AddRow({each.name(), each.environment().hostname(), each.seen_address(), each.token(),
                  each.host_id().substr(0, 16),
                  SinceWords(absl::FromUnixMillis(each.asked_ms()), session.now()), note});
  }
  MIG_RETURN_IF_ERROR(session.ShowPart(table, ToJsonList(waiting)));
  session.Next(waiting.empty() ? "migctl host list"
                               : "migctl enroll approve NAME, or migctl enroll deny NAME --reason "
                                 "WHY");
  return kExitOk;
}

absl::StatusOr<int> Approve(Session& session, const EnrollmentArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::ApproveEnrollmentRequest request;
  request.set_name(arguments.name);
  request.set_replaces_host(arguments.replaces);
  MIG_ASSIGN_OR_RETURN(const v1::Enrollment enrollment, admin->ApproveEnrollment(request));
  session.Show(absl::StrCat("Approved ", Shown(enrollment.name()), ": ",
                            Shown(enrollment.environment().hostname()), " (",
                            enrollment.host_id().substr(0, 16),
                            ") gets its certificate when it "
                            "asks again.\n"),
               ToJson(enrollment));
  session.Next("migctl enroll pending");
  return kExitOk;
}

absl::StatusOr<int> Deny(Session& session, const EnrollmentArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::DenyEnrollmentRequest request;
  request.set_name(arguments.name);
  request.mutable_why()->set_reason(arguments.reason);
  MIG_ASSIGN_OR_RETURN(const v1::Enrollment enrollment, admin->DenyEnrollment(request));
  session.Show(absl::StrCat("Denied ", Shown(enrollment.name()), ".\n"), ToJson(enrollment));
  session.Next("migctl enroll pending");
  return kExitOk;
}

void AddTokenVerbs(CommandLine& line, CLI::App* enroll) {
  CLI::App* const noun = line.Verb(enroll, "token", "tokens that let hosts in",
                                   "migctl enroll token revoke t-19 --reason leaked");
  noun->require_subcommand(1);
  CLI::App* const made = line.Verb(noun, "new", "make one; shown once, stored as a hash",
                                   "migctl enroll token new --uses 50 --label site=muc --out "
                                   "host.token");
  const auto arguments = std::make_shared<TokenArguments>();
  made->add_option("--uses", arguments->uses, "hosts that it lets in (1)")
      ->check(CLI::Range(uint32_t{1}, base::kMaxTokenUses));
  made->add_option("--expires", arguments->expires, "how long it lives (7d)");
  made->add_option("--label", arguments->labels, "NAME=VALUE for its hosts; may be repeated")
      ->take_all()
      ->allow_extra_args(false);
  made->add_option("--approve", arguments->approve, "auto or manual (auto)");
  made->add_option("--out", arguments->out, "write it to this file (0600) instead");
  line.Does(made, arguments, NewToken);

  CLI::App* const list = line.Verb(noun, "list", "list them, with their last use");
  line.Reads(list);
  line.Does(list, std::make_shared<TokenArguments>(), ListTokens);

  CLI::App* const revoke = line.Verb(noun, "revoke", "it lets nobody in any more");
  const auto revoked = std::make_shared<TokenArguments>();
  revoke->add_option("NAME", revoked->name, "t-19")->required();
  revoke->add_option("--reason", revoked->reason, "why, for the audit log")->required();
  line.Does(revoke, revoked, RevokeToken);
}

}  // namespace

void AddEnrollVerbs(CommandLine& line) {
  CLI::App* const noun = line.Noun("enroll", "how hosts come in", "migctl enroll pending");
  AddTokenVerbs(line, noun);
  CLI::App* const pending = line.Verb(noun, "pending", "hosts that wait for an operator");
  line.Reads(pending);
  line.Does(pending, std::make_shared<EnrollmentArguments>(), Pending);

  CLI::App* const approve = line.Verb(noun, "approve", "let one in", "migctl enroll approve e-88");
  const auto approved = std::make_shared<EnrollmentArguments>();
  approve->add_option("NAME", approved->name, "e-88")->required();
  approve->add_option("--replaces", approved->replaces, "host whose place it takes; it is revoked");
  line.Does(approve, approved, Approve);

  CLI::App* const deny =
      line.Verb(noun, "deny", "do not", "migctl enroll deny e-88 --reason 'not ours'");
  const auto denied = std::make_shared<EnrollmentArguments>();
  deny->add_option("NAME", denied->name, "e-88")->required();
  deny->add_option("--reason", denied->reason, "why, for the audit log")->required();
  line.Does(deny, denied, Deny);
}

}  // namespace mig::ctl
