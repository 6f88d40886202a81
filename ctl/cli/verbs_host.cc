// migctl host list|get|explain|revoke (pin, label, disable: verbs_host_change.cc)

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "ctl/cli/command_line.h"
#include "ctl/output/exit_code.h"
#include "ctl/output/json.h"
#include "ctl/output/table.h"
#include "ctl/output/words.h"
#include "rollout/field.h"
#include "rollout/filter.h"
#include "trust/refusal.h"

namespace mig::ctl {
namespace {

constexpr size_t kManyHosts = 100;

struct HostArguments {
  std::string host;
  std::vector<std::string> hosts;
  std::string where;
  std::string product;
  std::string reason;
  bool exit_code = false;
};

std::string StateWordOf(const v1::Host& host) {
  return absl::AsciiStrToLower(v1::Host::State_Name(host.state()));
}

std::string WhyOf(const v1::Host& host) {
  if (!host.has_why() || host.why().code() == v1::Refusal::NONE) return "";
  const std::string stage =
      host.why_stage() == 0
          ? std::string()
          : absl::StrCat(absl::AsciiStrToLower(v1::Outcome::Stage_Name(host.why_stage())), " ");
  return absl::StrCat(stage, trust::DisplayOf(host.why()), host.why().text().empty() ? "" : ", ",
                      host.why().text());
}

std::string ReleasesOf(const v1::Host& host) {
  std::vector<std::string> releases;
  for (const v1::HostRelease& release : host.releases()) {
    releases.push_back(
        absl::StrCat(release.product(), " ", release.version().empty() ? "?" : release.version()));
  }
  return releases.empty() ? "-" : absl::StrJoin(releases, ", ");
}

absl::StatusOr<int> ListHosts(Session& session, const HostArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(const rollout::Filter filter,
                       rollout::Filter::Parse(arguments.where, rollout::FieldSet::kWhere));
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::ListHostsRequest request;
  request.set_where(filter.text());
  request.mutable_page()->set_size(1000);
  std::vector<v1::Host> hosts;
  v1::ListHostsAnswer answer;
  do {
    MIG_ASSIGN_OR_RETURN(answer, admin->ListHosts(request));
    hosts.insert(hosts.end(), answer.hosts().begin(), answer.hosts().end());
    request.mutable_page()->set_token(answer.next_token());
  } while (!answer.next_token().empty());
  Table table({"NAME", "ID", "PLATFORM", "INSTALLED", "STATE", "SINCE", "SEEN", "WHY"});
  for (const v1::Host& host : hosts) {
    table.AddRow(
        {host.hostname(), host.id().substr(0, 8), host.platform(), ReleasesOf(host),
         StateWordOf(host), SinceWords(absl::FromUnixMillis(host.state_since_ms()), session.now()),
         SinceWords(absl::FromUnixMillis(host.last_seen_ms()), session.now()), WhyOf(host)});
  }
  MIG_RETURN_IF_ERROR(session.ShowPart(table, ToJsonList(hosts)));
  session.console().Err(absl::StrCat(CountWords(answer.matched_hosts()), " of ",
                                     CountWords(answer.all_hosts()), ".\n"));
  session.Next(answer.all_hosts() == 0 ? "migctl enroll token new" : "migctl host explain NAME");
  return kExitOk;
}

std::string DetailsScreen(const v1::HostDetails& details, absl::Time now) {
  const v1::Host& host = details.host();
  const v1::Environment& environment = details.environment();
  std::string screen =
      absl::StrCat(Shown(host.hostname()), "  ", StateWordOf(host), "  ", Shown(WhyOf(host)), "\n");
  const auto line = [&](absl::string_view label, absl::string_view value) {
    if (value.empty()) return;
    absl::StrAppend(&screen, "  ", label, std::string(14 - label.size(), ' '), Shown(value), "\n");
  };
  line("id", host.id());
  line("installed", ReleasesOf(host));
  line("platform", absl::StrCat(environment.os(), " ", environment.distribution(), " ",
                                environment.distribution_version(), " ", environment.arch(), " ",
                                environment.kernel()));
  line("operator", environment.operator_());
  line("addresses", absl::StrJoin(environment.addresses(), " "));
  line("seen address", host.seen_address());
  line("loader", environment.loader_version());
  line("last seen", SinceWords(absl::FromUnixMillis(host.last_seen_ms()), now));
  line("enrolled", TimeWords(absl::FromUnixMillis(details.enrolled_ms())));
  line("certificate",
       absl::StrCat("until ", TimeWords(absl::FromUnixMillis(details.certificate_expires_ms()))));
  line("root", absl::StrCat(details.root_version()));
  line("pinned", host.pinned_filter());
  for (const v1::Tag& tag : environment.tags()) {
    line("tag", absl::StrCat(tag.name(), " = ", tag.value()));
  }
  for (const v1::Tag& label : host.labels()) {
    line("label", absl::StrCat(label.name(), " = ", label.value()));
  }
  for (const v1::HostOutcome& each : details.outcomes()) {
    const v1::Outcome& outcome = each.outcome();
    line("outcome",
         absl::StrCat(TimeWords(absl::FromUnixMillis(each.received_ms())), "  ", outcome.product(),
                      "  ", absl::AsciiStrToLower(v1::Outcome::Stage_Name(outcome.stage())), "  ",
                      trust::DisplayOf(outcome.refusal()), "  ", outcome.refusal().text()));
  }
  return screen;
}

absl::StatusOr<int> GetHost(Session& session, const HostArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::GetHostRequest request;
  request.set_host(arguments.host);
  MIG_ASSIGN_OR_RETURN(const v1::HostDetails details, admin->GetHost(request));
  MIG_RETURN_IF_ERROR(session.ShowPart(DetailsScreen(details, session.now()), ToJson(details)));
  session.Next(absl::StrCat("migctl host explain ", Shown(arguments.host)));
  return kExitOk;
}

std::string VerdictScreen(const v1::Host& host, const v1::Verdict& verdict) {
  // A host of which nothing is known yet has a verdict on no product.
  const std::string what = verdict.product().empty() ? "a release"
                                                     : absl::StrCat(Shown(verdict.product()), " ",
                                                                    Shown(verdict.version()));
  std::string screen = Shown(host.hostname());
  switch (verdict.answer()) {
    case v1::Verdict::HAS:
      absl::StrAppend(&screen, " HAS ", what);
      break;
    case v1::Verdict::WILL:
      absl::StrAppend(&screen, " does NOT have ", what, "; it will");
      if (verdict.not_before_ms() != 0) {
        absl::StrAppend(&screen, ", not before ",
                        TimeWords(absl::FromUnixMillis(verdict.not_before_ms())));
      }
      break;
    default:
      absl::StrAppend(&screen, " does NOT have ", what,
                      ", and will not: ", trust::DisplayOf(verdict.refusal()), " ",
                      Shown(verdict.refusal().text()));
  }
  if (!verdict.plan().empty()) absl::StrAppend(&screen, "  (plan ", Shown(verdict.plan()), ")");
  absl::StrAppend(&screen, "\n");
  for (const v1::Evidence& evidence : verdict.evidence()) {
    const absl::string_view mark = evidence.mark() == v1::Evidence::YES  ? "+"
                                   : evidence.mark() == v1::Evidence::NO ? "x"
                                                                         : "?";
    const std::string topic = Shown(evidence.topic());
    absl::StrAppend(&screen, " ", mark, " ", topic,
                    std::string(topic.size() < 10 ? 10 - topic.size() : 1, ' '),
                    Shown(evidence.text()), "\n");
  }
  if (verdict.valid_until_ms() != 0) {
    absl::StrAppend(&screen, "   can change by itself ",
                    TimeWords(absl::FromUnixMillis(verdict.valid_until_ms())), "\n");
  }
  return screen;
}

absl::StatusOr<int> Explain(Session& session, const HostArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::ExplainHostRequest request;
  request.set_host(arguments.host);
  request.set_product(arguments.product);
  MIG_ASSIGN_OR_RETURN(const v1::Explanation explanation, admin->ExplainHost(request));
  std::string screen;
  bool all_have = true;
  bool all_will = true;
  for (const v1::Verdict& verdict : explanation.verdicts()) {
    absl::StrAppend(&screen, VerdictScreen(explanation.host(), verdict));
    all_have = all_have && verdict.answer() == v1::Verdict::HAS;
    all_will = all_will && verdict.answer() != v1::Verdict::WILL_NOT;
  }
  if (explanation.verdicts().empty()) {
    screen =
        absl::StrCat(Shown(explanation.host().hostname()), ": no plan names a product for it\n");
  }
  MIG_RETURN_IF_ERROR(session.ShowPart(screen, ToJson(explanation)));
  session.Next(absl::StrCat("on the host: mig-loader explain; here: migctl host get ",
                            Shown(arguments.host)));
  if (!arguments.exit_code || all_have) return kExitOk;
  return all_will ? kExitWill : kExitWillNot;
}

absl::StatusOr<int> Revoke(Session& session, const HostArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  if (arguments.hosts.size() > kManyHosts) {
    MIG_RETURN_IF_ERROR(
        Confirm(session.console(), {"Type how many hosts are refused for ever",
                                    absl::StrCat(arguments.hosts.size()), "--yes", session.yes()}));
  }
  v1::RevokeHostsRequest request;
  for (const std::string& host : arguments.hosts) request.add_hosts(host);
  request.mutable_why()->set_reason(arguments.reason);
  MIG_ASSIGN_OR_RETURN(const v1::RevokeHostsAnswer answer, admin->RevokeHosts(request));
  if (answer.has_pending()) {
    session.Show(
        absl::StrCat("Request ", Shown(answer.pending().name()), " waits for another operator.\n"),
        ToJson(answer));
    return kExitOk;
  }
  std::string screen;
  for (const v1::Host& host : answer.hosts()) {
    absl::StrAppend(&screen, "Revoked ", Shown(host.hostname()), " (", host.id().substr(0, 8),
                    "): refused from its next call on.\n");
  }
  session.Show(screen, ToJson(answer));
  session.Next("migctl host list --where 'state = \"revoked\"'");
  return kExitOk;
}

}  // namespace

void AddHostVerbs(CommandLine& line) {
  CLI::App* const noun = line.Noun("host", "hosts of the fleet", "migctl host explain dev-04");
  CLI::App* const list = line.Verb(noun, "list", "list them by filter",
                                   "migctl host list --where 'state = \"failed\"'");
  const auto listed = std::make_shared<HostArguments>();
  list->add_option("--where", listed->where,
                   "filter: 'distribution = \"debian\" AND last_seen < 24h'");
  line.Reads(list);
  line.Does(list, listed, ListHosts);

  CLI::App* const get = line.Verb(noun, "get", "all about one", "migctl host get dev-04");
  const auto got = std::make_shared<HostArguments>();
  get->add_option("HOST", got->host, "its name, or the beginning of its id")->required();
  line.Reads(get);
  line.Does(get, got, GetHost);

  CLI::App* const explain = line.Verb(noun, "explain", "why it has, or has not, what it should");
  const auto explained = std::make_shared<HostArguments>();
  explain->add_option("HOST", explained->host, "its name, or the beginning of its id")->required();
  explain->add_option("--product", explained->product, "of one product only");
  explain->add_flag("--exit-code", explained->exit_code, "0 has it, 20 will, 21 will not");
  line.Reads(explain);
  line.Does(explain, explained, Explain);

  CLI::App* const revoke = line.Verb(noun, "revoke", "refuse hosts for ever",
                                     "migctl host revoke lap-0193 --reason stolen");
  const auto revoked = std::make_shared<HostArguments>();
  revoke->add_option("HOST", revoked->hosts, "names, or beginnings of ids")->required();
  revoke->add_option("--reason", revoked->reason, "why, for the audit log")->required();
  line.Does(revoke, revoked, Revoke);
  AddHostChangeVerbs(line, noun);
}

}  // namespace mig::ctl
