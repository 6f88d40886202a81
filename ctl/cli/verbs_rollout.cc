// migctl rollout start|halt|get|list|events (wait: verbs_wait.cc)

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/status_macros.h"
#include "ctl/cli/command_line.h"
#include "ctl/cli/documents.h"
#include "ctl/cli/rollout_screen.h"
#include "ctl/cli/watching.h"
#include "ctl/output/exit_code.h"
#include "ctl/output/json.h"
#include "ctl/output/table.h"
#include "ctl/output/words.h"
#include "trust/refusal.h"

namespace mig::ctl {
namespace {

// From this many hosts on a person confirms by name.
constexpr uint64_t kManyHosts = 100;

struct RolloutArguments {
  std::string name;
  std::string reason;
  bool watch = false;
};

void ShowRollout(Session& session, const v1::Rollout& rollout) {
  session.Show(RolloutScreen(rollout, session.now()), ToJson(rollout));
}

// The plan of this name with all its signatures, verified here.
absl::StatusOr<trust::Verified<trust::Plan>> SignedPlan(Session& session, const std::string& name) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  MIG_ASSIGN_OR_RETURN(const trust::Verified<trust::Root>* const root, session.root());
  v1::GetDocumentRequest request;
  request.set_name(name);
  const auto envelope = GetDocument(*admin, request, trust::DocumentType::kPlan);
  if (absl::IsNotFound(envelope.status())) {
    return absl::NotFoundError(
        absl::StrCat("no plan '", Shown(name), "'; make it with migctl plan new FILE"));
  }
  MIG_RETURN_IF_ERROR(envelope.status());
  auto plan = trust::Verify<trust::Plan>(envelope->Serialize(), *root);
  if (!plan.ok()) {
    return trust::WithContext(
        absl::StrCat("plan ", Shown(name), " (migctl plan sign ", Shown(name), " --key KEY)"),
        plan.status());
  }
  return plan;
}

absl::Status ConfirmMany(Session& session, AdminClient& admin, const trust::Plan& plan) {
  if (session.yes()) return absl::OkStatus();
  v1::ListHostsRequest request;
  request.set_where(plan.filter());
  request.mutable_page()->set_size(1);
  MIG_ASSIGN_OR_RETURN(const v1::ListHostsAnswer answer, admin.ListHosts(request));
  session.console().Err(absl::StrCat("Matches ", CountWords(answer.matched_hosts()), " of ",
                                     CountWords(answer.all_hosts()), " hosts.\n"));
  if (answer.matched_hosts() <= kManyHosts) return absl::OkStatus();
  return Confirm(session.console(), {"Type the plan's name", plan.name(), "--yes", false});
}

absl::StatusOr<int> Start(Session& session, const RolloutArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  MIG_ASSIGN_OR_RETURN(const trust::Verified<trust::Plan> plan,
                       SignedPlan(session, arguments.name));
  MIG_RETURN_IF_ERROR(ConfirmMany(session, *admin, *plan));
  v1::StartRolloutRequest request;
  request.set_name(plan->name());
  request.set_plan_digest(std::string(plan.digest().bytes()));
  request.mutable_why()->set_reason(arguments.reason);
  MIG_ASSIGN_OR_RETURN(const v1::Rollout rollout, admin->StartRollout(request));
  MIG_ASSIGN_OR_RETURN(const TrustedDocuments trusted, session.trusted());
  MIG_ASSIGN_OR_RETURN(const trust::Verified<trust::Root>* const root, session.root());
  MIG_RETURN_IF_ERROR(trusted.Remember(plan, *root));
  if (arguments.watch) return Watch(session, *admin, plan->name());
  ShowRollout(session, rollout);
  return kExitOk;
}

absl::StatusOr<int> Halt(Session& session, const RolloutArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::HaltRolloutRequest request;
  request.set_name(arguments.name);
  request.mutable_why()->set_reason(arguments.reason);
  MIG_ASSIGN_OR_RETURN(const v1::Rollout rollout, admin->HaltRollout(request));
  ShowRollout(session, rollout);
  session.console().Err(
      "No new offers. Downloads under way are refused at commit; an assignment lives 60 s at "
      "most.\n");
  return kExitOk;
}

absl::StatusOr<int> Get(Session& session, const RolloutArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  if (arguments.watch) return Watch(session, *admin, arguments.name);
  v1::GetRolloutRequest request;
  request.set_name(arguments.name);
  MIG_ASSIGN_OR_RETURN(const v1::Rollout rollout, admin->GetRollout(request));
  MIG_RETURN_IF_ERROR(session.ShowPart(RolloutScreen(rollout, session.now()), ToJson(rollout)));
  return kExitOk;
}

absl::StatusOr<int> List(Session& session, const RolloutArguments&) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::ListRolloutsRequest request;
  std::vector<v1::Rollout> rollouts;
  do {
    MIG_ASSIGN_OR_RETURN(const v1::ListRolloutsAnswer answer, admin->ListRollouts(request));
    rollouts.insert(rollouts.end(), answer.rollouts().begin(), answer.rollouts().end());
    request.mutable_page()->set_token(answer.next_token());
  } while (!request.page().token().empty());
  Table table({"NAME", "STATE", "OFFERED", "HEALTHY", "FAILED", "SILENT", "STARTED", "BY"});
  for (const v1::Rollout& rollout : rollouts) {
    const v1::HostCounts& total = rollout.total();
    table.AddRow({rollout.name(), StateWord(rollout.state()),
                  absl::StrCat(CountWords(total.offered()), "/", CountWords(total.expected())),
                  CountWords(total.healthy()), CountWords(total.failed()),
                  CountWords(total.silent()),
                  SinceWords(absl::FromUnixMillis(rollout.started_ms()), session.now()),
                  rollout.started_by()});
  }
  MIG_RETURN_IF_ERROR(session.ShowPart(table, ToJsonList(rollouts)));
  session.Next(rollouts.empty() ? "migctl plan new PLAN.toml" : "migctl rollout get NAME");
  return kExitOk;
}

absl::StatusOr<int> Events(Session& session, const RolloutArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::ListRolloutEventsRequest request;
  request.set_name(arguments.name);
  std::vector<v1::RolloutEvent> events;
  do {
    MIG_ASSIGN_OR_RETURN(const v1::ListRolloutEventsAnswer answer,
                         admin->ListRolloutEvents(request));
    events.insert(events.end(), answer.events().begin(), answer.events().end());
    request.mutable_page()->set_token(answer.next_token());
  } while (!request.page().token().empty());
  Table table({"NO", "TIME", "WHAT", "WAVE", "BY", "TEXT"});
  for (const v1::RolloutEvent& event : events) {
    table.AddRow({absl::StrCat(event.number()), TimeWords(absl::FromUnixMillis(event.time_ms())),
                  absl::StrReplaceAll(v1::RolloutEvent::Kind_Name(event.kind()), {{"_", " "}}),
                  event.wave() == 0 ? "" : absl::StrCat(event.wave()), event.by(), event.text()});
  }
  MIG_RETURN_IF_ERROR(session.ShowPart(table, ToJsonList(events)));
  session.Next(absl::StrCat("migctl rollout get ", arguments.name));
  return kExitOk;
}

}  // namespace

void AddRolloutVerbs(CommandLine& line) {
  CLI::App* const noun = line.Noun("rollout", "plans being carried out",
                                   "migctl rollout halt agent-4.2 --reason INC-482");
  const auto named = [&](const std::string& name, const std::string& help, auto run) {
    const std::string more = name == "halt" ? " --reason INC-482" : "";
    CLI::App* const verb =
        line.Verb(noun, name, help, absl::StrCat("migctl rollout ", name, " agent-4.2", more));
    const auto arguments = std::make_shared<RolloutArguments>();
    verb->add_option("NAME", arguments->name, "the plan's name")->required();
    line.Does(verb, arguments, run);
    return std::pair(verb, arguments);
  };
  const auto [start, started] = named("start", "begin to carry out a signed plan", Start);
  start->add_flag("--watch", started->watch, "stay, and show every change until it is final");
  start->add_option("--reason", started->reason, "why, for the audit log");
  const auto [halt, halted] = named("halt", "end all offers now; any operator, alone", Halt);
  halt->add_option("--reason", halted->reason, "why, for the audit log")->required();
  const auto [get, got] = named("get", "its state, wave by wave", Get);
  line.Reads(get);
  get->add_flag("--watch", got->watch, "stay, and show every change until it is final")
      ->excludes(get->get_option("--fields"));
  line.Reads(named("events", "what happened in it, oldest first", Events).first);
  CLI::App* const list =
      line.Verb(noun, "list", "list them, newest first", "migctl rollout list --fields name,state");
  line.Reads(list);
  line.Does(list, std::make_shared<RolloutArguments>(), List);
  AddWaitVerb(line, noun);
}

}  // namespace mig::ctl
