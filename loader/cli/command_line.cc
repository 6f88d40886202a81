#include "loader/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/text.h"
#include "base/version.h"

namespace mig::loader {

namespace {

using Verb = Command::Verb;

constexpr char kAbout[] =
    "Keeps this host's agent at the release that signed documents say.\n\n"
    "Examples:\n"
    "  mig-loader enroll --token-file token\n"
    "  mig-loader run --now\n"
    "  mig-loader status";

constexpr char kExitCodes[] =
    "Exit codes: 0 ok (also: not due, not its wave) · 1 internal · 2 usage or configuration\n"
    "  3 not enrolled or revoked · 5 refused · 6 the agent was not well: went back\n"
    "  7 cannot go back · 8 stale · 9 root expired · 75 later (offline, busy, disk full, clock)\n"
    "  20 ok and changed, with --detailed-exit-code";

// "AB:CD:.." or "abcd..": what people copy from a certificate viewer.
absl::StatusOr<base::Digest> ParsePin(const std::string& text) {
  return base::Digest::FromHex(absl::AsciiStrToLower(absl::StrReplaceAll(text, {{":", ""}})));
}

// CLI11's tree, and where it puts what it reads.
class Tree {
 public:
  Tree() : app_(kAbout, "mig-loader") {
    app_.set_version_flag("--version", base::kVersion);
    app_.require_subcommand(0, 1);
    app_.fallthrough();
    app_.footer(kExitCodes);
    AddCommon(app_);
    AddRun();
    Add("status", Verb::kStatus, "What is installed and how it is, the last run, the next one",
        "mig-loader status\n  mig-loader status -o json");
    Add("explain", Verb::kExplain,
        "Why this host does or does not have a release, from documents that verify here",
        "mig-loader explain");
    Add("environment", Verb::kEnvironment,
        "Exactly what this host tells the coordinator of itself (report_fields limits it)",
        "mig-loader environment\n  mig-loader environment -o json");
    AddEnroll();
    Add("recover", Verb::kRecover,
        "Finish or undo what an interrupted run left; without the network", "mig-loader recover");
  }

  std::variant<Command, Farewell> Read(std::vector<std::string> arguments) {
    for (const std::string& argument : arguments) {
      if (const std::optional<std::string> wrong = ValueOfFlag(argument)) return Wrong(*wrong);
    }
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants a vector
    try {
      app_.parse(arguments);
    } catch (const CLI::ParseError& error) {
      return Leave(error);
    }
    if (app_.get_subcommands().empty()) {
      return Wrong("a verb is missing: run, status, explain, environment, enroll or recover");
    }
    if (now_ && dry_run_) return Wrong("--now and --dry-run exclude each other");
    command_.when = now_ ? When::kNow : When::kAtItsSlot;
    if (dry_run_) command_.verb = Verb::kDryRun;
    command_.format = format_ == "json" ? Format::kJson : Format::kText;
    if (!pin_.empty()) {
      const absl::StatusOr<base::Digest> pin = ParsePin(pin_);
      if (!pin.ok()) {
        return Wrong("--ca takes the SHA-256 of the server CA's certificate or key: 64 hex digits");
      }
      command_.ca_pin = *pin;
    }
    return command_;
  }

 private:
  void AddCommon(CLI::App& app) {
    app.add_option("--config", command_.config, "The loader's configuration")
        ->type_name("FILE")
        ->capture_default_str();
    app.add_option("-o,--output", format_, "text or json")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"text", "json"}));
    app.add_flag("--detailed-exit-code", command_.detailed_exit_code,
                 "20 in place of 0 where a run changed something");
  }

  CLI::App* Add(const std::string& name, Verb verb, const std::string& about,
                const std::string& examples) {
    CLI::App* added = app_.add_subcommand(name, about);
    added->footer(
        absl::StrCat("Also, as for every verb: --config FILE, -o text|json,\n"
                     "  --detailed-exit-code (see mig-loader --help, and what it ends with)\n\n"
                     "Examples:\n  ",
                     examples));
    added->callback([this, verb] { command_.verb = verb; });
    return added;
  }

  void AddRun() {
    CLI::App* run =
        Add("run", Verb::kRun, "Check in if it is due; install, repair or go back as documents say",
            "mig-loader run --now\n  mig-loader run --dry-run -o json");
    run->add_flag("--now", now_, "Also when this host is not due");
    run->add_flag(
        "--dry-run", dry_run_,
        "Say what a run would do by the documents held here; asks nobody, changes nothing");
  }

  void AddEnroll() {
    CLI::App* enroll = Add("enroll", Verb::kEnroll,
                           "Get this host's certificate from the coordinator, for a token",
                           "mig-loader enroll --token-file token\n"
                           "  mig-loader enroll --token-file token --ca 5be1...");
    enroll
        ->add_option("--token-file", command_.token_file,
                     "A file with the token (migctl enroll token new)")
        ->type_name("FILE")
        ->required();
    enroll->add_option("--ca", pin_, "SHA-256 of the server CA's certificate or public key")
        ->type_name("PIN");
  }

  // What is wrong with "--now=5": CLI11 takes numbers and words of yes and no for a flag's value,
  // and --dry-run=0 would then be a run.
  std::optional<std::string> ValueOfFlag(const std::string& argument) const {
    const size_t equals = argument.find('=');
    if (!absl::StartsWith(argument, "--") || equals == argument.npos) return std::nullopt;
    const std::string name = argument.substr(0, equals);
    for (const CLI::App* app : app_.get_subcommands([](const CLI::App*) { return true; })) {
      const CLI::Option* option = app->get_option_no_throw(name);
      if (option == nullptr) option = app_.get_option_no_throw(name);
      if (option == nullptr || option->get_items_expected_max() != 0) continue;
      return absl::StrCat(name, " takes no value, \"", base::Escaped(argument.substr(equals + 1)),
                          "\" was given");
    }
    return std::nullopt;
  }

  std::variant<Command, Farewell> Leave(const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    if (app_.exit(error, out, err) == 0) {
      const std::string text = out.str();
      const bool ends = !text.empty() && text.back() == '\n';
      return Farewell{.screen = {.out = absl::StrCat(text, ends ? "" : "\n")}, .exit_code = 0};
    }
    return Wrong(error.what());
  }

  static Farewell Wrong(absl::string_view what) {
    const std::vector<std::string> lines = absl::StrSplit(what, '\n');
    return Farewell{
        .screen = {.err = absl::StrCat("mig-loader: ", lines.front(), "; see mig-loader --help\n")},
        .exit_code = 2};
  }

  CLI::App app_;
  Command command_;
  std::string format_ = "text";
  std::string pin_;
  bool now_ = false;
  bool dry_run_ = false;
};

}  // namespace

std::variant<Command, Farewell> ReadCommandLine(const std::vector<std::string>& arguments) {
  return Tree().Read(arguments);
}

}  // namespace mig::loader
