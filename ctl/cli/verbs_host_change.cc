// migctl host pin|label|disable

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "ctl/cli/command_line.h"
#include "ctl/cli/roles.h"
#include "ctl/output/exit_code.h"
#include "ctl/output/json.h"
#include "ctl/output/table.h"
#include "rollout/field.h"
#include "rollout/filter.h"

namespace mig::ctl {
namespace {

struct ChangeArguments {
  std::string host;
  std::string where;
  bool clear = false;
  std::vector<std::string> labels;
  std::vector<std::string> remove;
  bool enable = false;
  std::string reason;
};

absl::StatusOr<int> Pin(Session& session, const ChangeArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(const rollout::Filter filter,
                       rollout::Filter::Parse(arguments.where, rollout::FieldSet::kWhere));
  if (filter.text().empty() != arguments.clear) {
    return absl::InvalidArgumentError(
        "say what its environment must be: --where FILTER, or --clear for anything");
  }
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::PinHostRequest request;
  request.set_host(arguments.host);
  request.set_filter(filter.text());
  request.mutable_why()->set_reason(arguments.reason);
  MIG_ASSIGN_OR_RETURN(const v1::Host host, admin->PinHost(request));
  session.Show(
      host.pinned_filter().empty()
          ? absl::StrCat(Shown(host.hostname()), " may be in any environment\n")
          : absl::StrCat(Shown(host.hostname()), " is expected to be ", Shown(host.pinned_filter()),
                         "; it gets nothing new, and is flagged, while it is not\n"),
      ToJson(host));
  session.Next(absl::StrCat("migctl host get ", Shown(arguments.host)));
  return kExitOk;
}

absl::StatusOr<int> Label(Session& session, const ChangeArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(const std::vector<v1::Tag> labels, ParseLabels(arguments.labels, "label"));
  if (labels.empty() && arguments.remove.empty()) {
    return absl::InvalidArgumentError("name a label: NAME=VALUE, or --remove NAME");
  }
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::LabelHostRequest request;
  request.set_host(arguments.host);
  for (const v1::Tag& label : labels) *request.add_set() = label;
  for (const std::string& name : arguments.remove) request.add_remove(name);
  MIG_ASSIGN_OR_RETURN(const v1::Host host, admin->LabelHost(request));
  std::vector<std::string> all;
  for (const v1::Tag& label : host.labels()) {
    all.push_back(absl::StrCat(label.name(), "=", label.value()));
  }
  session.Show(absl::StrCat(Shown(host.hostname()), "  labels ",
                            all.empty() ? "-" : Shown(absl::StrJoin(all, " ")), "\n"),
               ToJson(host));
  session.Next("migctl host list --where 'labels.NAME = \"VALUE\"'");
  return kExitOk;
}

absl::StatusOr<int> Disable(Session& session, const ChangeArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::DisableHostRequest request;
  request.set_host(arguments.host);
  request.set_change(arguments.enable ? v1::DisableHostRequest::ENABLE
                                      : v1::DisableHostRequest::DISABLE);
  request.mutable_why()->set_reason(arguments.reason);
  MIG_ASSIGN_OR_RETURN(const v1::Host host, admin->DisableHost(request));
  session.Show(absl::StrCat(Shown(host.hostname()),
                            arguments.enable ? " is let in again\n"
                                             : " is refused from its next call on, until "
                                               "somebody takes it back (--enable)\n"),
               ToJson(host));
  session.Next(absl::StrCat("migctl host get ", Shown(arguments.host)));
  return kExitOk;
}

}  // namespace

void AddHostChangeVerbs(CommandLine& line, CLI::App* noun) {
  const auto changing = [&](const std::string& name, const std::string& help,
                            const std::string& example, auto run) {
    CLI::App* const verb = line.Verb(noun, name, help, example);
    const auto arguments = std::make_shared<ChangeArguments>();
    verb->add_option("HOST", arguments->host, "its name, or the beginning of its id")->required();
    line.Does(verb, arguments, run);
    return std::pair(verb, arguments);
  };
  const auto [pin, pinned] = changing(
      "pin", "say which environment it is expected to have",
      "migctl host pin dev-04 --where 'distribution = \"debian\" AND seen_address = \"10.0.0.4\"'",
      Pin);
  CLI::Option* const where =
      pin->add_option("--where", pinned->where, "filter that it must match, as in host list");
  pin->add_flag("--clear", pinned->clear, "nothing is expected any more")->excludes(where);
  pin->add_option("--reason", pinned->reason, "why, for the audit log");

  const auto [label, labelled] =
      changing("label", "set and remove the coordinator's own labels",
               "migctl host label dev-04 site=muc ring=early --remove floor", Label);
  label->add_option("NAME=VALUE", labelled->labels, "labels to set");
  label->add_option("--remove", labelled->remove, "name of a label; may be repeated")
      ->take_all()
      ->allow_extra_args(false);

  const auto [disable, disabled] = changing("disable", "refuse it for now, or take that back",
                                            "migctl host disable dev-04 --reason INC-482", Disable);
  disable->add_flag("--enable", disabled->enable, "take it back: let it in again");
  disable->add_option("--reason", disabled->reason, "why, for the audit log")->required();
}

}  // namespace mig::ctl
