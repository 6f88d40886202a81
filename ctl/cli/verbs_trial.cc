// migctl trial init DIR

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/path.h"
#include "base/status_macros.h"
#include "ctl/cli/command_line.h"
#include "ctl/documents/spans.h"
#include "ctl/keys/passphrase.h"
#include "ctl/output/exit_code.h"
#include "ctl/output/json.h"
#include "ctl/output/words.h"
#include "ctl/trial/make_trial.h"
#include "trust/names.h"

namespace mig::ctl {
namespace {

struct TrialArguments {
  TrialOptions options;
  std::string directory;
  std::vector<std::string> products;
  std::vector<std::string> streams;
  std::vector<std::string> dns;
  std::vector<std::string> ip;
  std::string interval;
};

// Who types this, if that can be an operator's name.
std::string UserName(const Environment& environment) {
  const auto home = environment.find("HOME");
  if (home == environment.end()) return "operator";
  const std::string name = home->second.substr(home->second.rfind('/') + 1);
  return trust::IsOperatorName(name) ? name : "operator";
}

absl::StatusOr<TrialOptions> OptionsOf(Session& session, const TrialArguments& arguments) {
  TrialOptions options = arguments.options;
  if (options.operator_name.empty()) options.operator_name = UserName(session.world().environment);
  if (!arguments.products.empty()) options.products = arguments.products;
  if (!arguments.streams.empty()) options.streams = arguments.streams;
  if (!arguments.dns.empty() || !arguments.ip.empty()) {
    options.dns_names = arguments.dns;
    options.ip_addresses = arguments.ip;
  }
  if (!arguments.interval.empty()) {
    MIG_ASSIGN_OR_RETURN(options.loader_interval, ParseSpan(arguments.interval));
  }
  const PassphraseSource passphrase = session.passphrase();
  if (passphrase.file.has_value()) {
    MIG_ASSIGN_OR_RETURN(options.passphrase, NewPassphrase(passphrase));
  }
  return options;
}

absl::StatusOr<int> InitTrial(Session& session, const TrialArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(const TrialOptions options, OptionsOf(session, arguments));
  MIG_ASSIGN_OR_RETURN(const std::string directory, session.files().Absolute(arguments.directory));
  MIG_ASSIGN_OR_RETURN(const Trial trial,
                       MakeTrial(options, directory, session.now(), session.world().random));
  MIG_RETURN_IF_ERROR(WriteTrial(trial, directory, session.files()));
  const std::string& shown = arguments.directory;
  session.Show(absl::StrCat("TRIAL ROOT 1 of 1  ", shown, "  trust domain ", options.trust_domain,
                            "  root sha256 ", ShortDigest(trial.root_digest), "..  operator ",
                            options.operator_name, "\n"),
               JsonObject({{"directory", directory},
                           {"trustDomain", options.trust_domain},
                           {"rootSha256", trial.root_digest.ToHex()},
                           {"operator", options.operator_name},
                           {"trial", "TRIAL ROOT 1 of 1"}}));
  session.console().Err(absl::StrCat(
      "Every key lies in ", shown,
      "/keys: whoever reads it can sign. For trying out, no more;\n"
      "a later root with 2 of 3 keys, signed by this one, moves the fleet to production.\n"
      "Next:\n",
      "  mig-coordinator --config ", shown, "/coordinator.toml &\n", "  migctl context set ",
      options.name, " --endpoint ", TrialHost(options), ":", options.operators_port,
      options.enrollment_port == coordinator::layout::kEnrollmentPort
          ? ""
          : absl::StrCat(" --enrollment ", TrialHost(options), ":", options.enrollment_port),
      " --ca ", shown, "/servers-ca.pem --root ", shown, "/root-1 --use\n",
      "  migctl login --token-file ", shown, "/operator.token\n",
      "  migctl enroll token new --out host.token\n", "  mig-loader --config ", shown,
      "/loader/loader.toml enroll --token-file host.token\n"));
  return kExitOk;
}

}  // namespace

void AddTrialVerb(CommandLine& line) {
  CLI::App* const noun = line.Noun("trial", "everything for one machine, to try it out",
                                   "migctl trial init trial --operator ana --product agent");
  CLI::App* const verb = line.Verb(noun, "init", "make keys, CAs, root and configurations in DIR");
  const auto arguments = std::make_shared<TrialArguments>();
  TrialOptions& options = arguments->options;
  verb->add_option("DIR", arguments->directory, "a directory that is not there yet")->required();
  verb->add_option("--name", options.name, "the coordinator's name (trial)");
  verb->add_option("--trust-domain", options.trust_domain, "(trial.local)");
  verb->add_option("--operator", options.operator_name, "first operator (your user's name)");
  verb->add_option("--product", arguments->products, "(agent, loader); may be repeated")
      ->take_all()
      ->allow_extra_args(false);
  verb->add_option("--stream", arguments->streams, "(main); may be repeated")
      ->take_all()
      ->allow_extra_args(false);
  verb->add_option("--dns", arguments->dns, "name of the server (localhost); may be repeated")
      ->take_all()
      ->allow_extra_args(false);
  verb->add_option("--ip", arguments->ip, "its address (127.0.0.1); may be repeated")
      ->take_all()
      ->allow_extra_args(false);
  verb->add_option("--listen", options.listen, "address to serve at (127.0.0.1)");
  verb->add_option("--loaders-port", options.loaders_port, "(8443)");
  verb->add_option("--enrollment-port", options.enrollment_port, "(8444)");
  verb->add_option("--operators-port", options.operators_port, "(8445)");
  verb->add_option("--metrics-port", options.metrics_port, "(9090, loopback)");
  verb->add_option("--loader-interval", arguments->interval, "of the loader here (5min)");
  line.Does(verb, arguments, InitTrial);
}

}  // namespace mig::ctl
