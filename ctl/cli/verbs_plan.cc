// migctl plan new|show|sign|lint

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/json.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "ctl/cli/command_line.h"
#include "ctl/cli/documents.h"
#include "ctl/cli/signing.h"
#include "ctl/documents/make_plan.h"
#include "ctl/documents/plan_file.h"
#include "ctl/documents/screen.h"
#include "ctl/examples/plan_example.h"
#include "ctl/output/exit_code.h"
#include "ctl/output/json.h"
#include "ctl/output/words.h"
#include "rollout/plan_rules.h"
#include "trust/document_type.h"
#include "trust/refusal.h"

namespace mig::ctl {
namespace {

struct PlanArguments {
  std::string file;
  bool again = false;
  bool example = false;
};

absl::StatusOr<trust::HostId> FindHost(Session& session, const std::string& name) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::GetHostRequest request;
  request.set_host(name);
  MIG_ASSIGN_OR_RETURN(const v1::HostDetails host, admin->GetHost(request));
  return trust::HostId::FromHex(host.host().id());
}

// `names` learns what every release that was found is called.
PlanLookups Lookups(Session& session, ReleaseNames& names) {
  PlanLookups lookups;
  lookups.release = [&session, &names](const std::string& product,
                                       const std::string& version) -> absl::StatusOr<base::Digest> {
    MIG_ASSIGN_OR_RETURN(const trust::Verified<trust::Manifest> release,
                         VerifiedRelease(session, product, version));
    names[release.digest()] = ReleaseName(release);
    return release.digest();
  };
  lookups.host = [&session](const std::string& name) { return FindHost(session, name); };
  return lookups;
}

// The plan that stands while the new one is carried out: the newest in its baseline now.
std::optional<base::Digest> BaseFor(const std::optional<trust::Verified<trust::Plan>>& last,
                                    const trust::Root& root, absl::Time now) {
  if (!last.has_value()) return std::nullopt;
  const auto begin = rollout::BaselineBegin(**last, root);
  const std::optional<absl::Time>& until = (*last)->baseline_until();
  const bool stands =
      begin.ok() && begin->has_value() && **begin <= now && until.has_value() && now < *until;
  if (stands) return last->digest();
  return (*last)->base();
}

// The plan of this name that is signed again, as it verifies here.
absl::StatusOr<trust::Verified<trust::Plan>> PlanBefore(Session& session, const std::string& name) {
  MIG_ASSIGN_OR_RETURN(const trust::Verified<trust::Root>* const root, session.root());
  MIG_ASSIGN_OR_RETURN(const NamedDocument found,
                       FindDocument(session, trust::DocumentType::kPlan, name));
  auto verified = trust::Verify<trust::Plan>(found.envelope.Serialize(), *root);
  if (!verified.ok()) {
    return trust::WithContext(absl::StrCat("plan ", name, " cannot be signed again"),
                              verified.status());
  }
  return verified;
}

absl::StatusOr<PlanFile> ReadFile(Session& session, const std::string& file) {
  MIG_ASSIGN_OR_RETURN(const std::string text,
                       session.files().Read(file, base::kMaxPlanBytes, "the plan's file"));
  return ReadPlanFile(text, file);
}

struct Prepared {
  MadePlan made;
  std::optional<trust::Verified<trust::Plan>> last;
  ReleaseNames names;
};

absl::StatusOr<Prepared> Prepare(Session& session, const PlanArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(const PlanFile file, ReadFile(session, arguments.file));
  MIG_RETURN_IF_ERROR(session.admin().status());
  MIG_ASSIGN_OR_RETURN(const trust::Verified<trust::Root>* const root, session.root());
  MIG_ASSIGN_OR_RETURN(auto last, LastPlan(session, file.stream));
  PlanFacts facts;
  facts.now = session.now();
  MIG_ASSIGN_OR_RETURN(facts.sequence, NextPlanSequence(session, file.stream));
  facts.base = BaseFor(last, **root, session.now());
  std::optional<trust::Verified<trust::Plan>> before;
  if (arguments.again) {
    MIG_ASSIGN_OR_RETURN(before, PlanBefore(session, file.name));
    facts.before = &**before;
    facts.base = (*before)->base();
  }
  ReleaseNames names;
  MIG_ASSIGN_OR_RETURN(MadePlan made, MakePlan(file, facts, **root, Lookups(session, names),
                                               session.world().random));
  return Prepared{std::move(made), std::move(last), std::move(names)};
}

std::string ScreenText(const Prepared& prepared) {
  Screen screen = ScreenOf(prepared.made.plan, prepared.names);
  screen.lines.push_back({"sha256", SpokenDigest(prepared.made.envelope.digest())});
  std::string text = screen.Render();
  if (!prepared.last.has_value()) return text;
  absl::StrAppend(&text, "  since plan ", (*prepared.last)->name(), ":\n");
  for (const std::string& line : Differences(ScreenOf(**prepared.last, prepared.names), screen)) {
    absl::StrAppend(&text, "    ", line, "\n");
  }
  return text;
}

absl::StatusOr<int> NewPlan(Session& session, const PlanArguments& arguments) {
  if (arguments.example) {
    const std::vector<std::string> lines = absl::StrSplit(PlanExample(), '\n');
    session.Show(PlanExample(),
                 {base::JsonObject().Json("lines", base::JsonTexts(lines)).str(), {"lines"}});
    session.Next("edit it, then migctl plan new PLAN.toml");
    return kExitOk;
  }
  if (arguments.file.empty()) {
    return absl::InvalidArgumentError(
        "FILE is required; migctl plan new --example prints one to begin with");
  }
  MIG_ASSIGN_OR_RETURN(const Prepared prepared, Prepare(session, arguments));
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::PutDocumentRequest request;
  request.set_envelope(prepared.made.envelope.Serialize());
  MIG_ASSIGN_OR_RETURN(const v1::DocumentInfo info, admin->PutDocument(request));
  const trust::Plan& plan = prepared.made.plan;
  session.Show(ScreenText(prepared), ToJson(info));
  session.console().Err(absl::StrCat("Plan ", plan.name(), " sequence ",
                                     trust::ToText(plan.numbers()), ", nobody has signed it.\n"));
  session.Next(absl::StrCat("migctl plan sign ", plan.name(), " --key KEY"));
  return kExitOk;
}

absl::StatusOr<int> LintPlanFile(Session& session, const PlanArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(const Prepared prepared, Prepare(session, arguments));
  session.Show(ScreenText(prepared),
               JsonObject({{"name", prepared.made.plan.name()}, {"result", "keeps all rules"}}));
  session.console().Err(absl::StrCat(arguments.file, ": keeps all rules; nothing was changed\n"));
  session.Next(absl::StrCat("migctl plan new ", arguments.file));
  return kExitOk;
}

}  // namespace

void AddPlanVerbs(CommandLine& line) {
  CLI::App* const noun = line.Noun("plan", "rollout plans: who gets what, and how fast",
                                   "migctl plan sign agent-4.2 --key ana-rollout");
  const auto add_file_verb = [&](const std::string& name, const std::string& help, auto run) {
    CLI::App* const verb =
        line.Verb(noun, name, help, absl::StrCat("migctl plan ", name, " plan.toml"));
    const auto arguments = std::make_shared<PlanArguments>();
    verb->add_option("FILE", arguments->file,
                     "plan.toml; migctl plan new --example prints one with every key");
    verb->add_flag("--again", arguments->again,
                   "sign the plan of this name again: same rollout, seed and first issue");
    line.Does(verb, arguments, run);
    return std::pair(verb, arguments);
  };
  const auto [made, make] = add_file_verb("new", "make a plan of its file, for signing", NewPlan);
  made->add_flag("--example", make->example, "only print a commented plan.toml to begin with");
  add_file_verb("lint", "check a plan's file; changes nothing", LintPlanFile)
      .first->get_option("FILE")
      ->required();

  CLI::App* const sign = line.Verb(noun, "sign", "sign one: decoded, shown and compared here");
  const auto signed_one = std::make_shared<SignArguments>();
  sign->add_option("PLAN", signed_one->document, "its name, a digest, or a file (./NAME)")
      ->required();
  sign->add_option("--key", signed_one->key, "your key: a file, or a name in --key-dir")
      ->required();
  line.Does(sign, signed_one, [](Session& session, const SignArguments& arguments) {
    return Sign(session, trust::DocumentType::kPlan, arguments);
  });
  CLI::App* const show = line.Verb(noun, "show", "what one says, and who has signed");
  const auto shown = std::make_shared<SignArguments>();
  show->add_option("PLAN", shown->document, "its name, a digest, or a file (./NAME)")->required();
  line.Reads(show);
  line.Does(show, shown, [](Session& session, const SignArguments& arguments) {
    return ShowDocument(session, trust::DocumentType::kPlan, arguments.document);
  });
}

}  // namespace mig::ctl
