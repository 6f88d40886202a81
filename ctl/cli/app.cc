#include "ctl/cli/app.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/text.h"
#include "base/version.h"
#include "ctl/cli/command_line.h"
#include "ctl/output/exit_code.h"

namespace mig::ctl {
namespace {

constexpr char kFooter[] =
    "General flags (--context, -o json, --yes, ...): migctl --help\n"
    "Exit: 0 done, 1 failed, 2 usage, 3 not found, 4 not allowed, 5 precondition, 6 not reached";

void AddGlobalOptions(CommandLine& line) {
  CLI::App& app = line.app;
  GlobalOptions& options = line.options;
  app.add_option("--context", options.context, "context to use (MIGCTL_CONTEXT)");
  app.add_option("--endpoint", options.endpoint,
                 "the coordinator's HOST:PORT instead of the context's (MIGCTL_ENDPOINT)");
  app.add_option("--ca", options.ca, "PEM of the servers' CA instead of the context's (MIGCTL_CA)");
  app.add_option("--root", options.root, "trusted root instead of the context's (MIGCTL_ROOT)");
  app.add_option("--key-dir", options.key_dir, "where keys given by name lie (MIGCTL_KEY_DIR; .)");
  app.add_option("--passphrase-file", options.passphrase_file,
                 "file whose first line is the key's passphrase (MIGCTL_PASSPHRASE_FILE)");
  app.add_option("-o,--output", options.output,
                 "table, json or jsonl: a line each (MIGCTL_OUTPUT; table)");
  app.add_flag("-y,--yes", options.yes, "what would be asked for is meant");
  // Known here, and read by main before there is a console.
  app.add_flag("--no-input", options.no_input,
               "never ask: fail and name the flag instead (MIGCTL_NO_INPUT)");
  app.set_version_flag("--version", base::kVersion);
}

std::string OneLine(absl::string_view message) {
  return absl::StrReplaceAll(message, {{"\r\n", " "}, {"\n", " "}});
}

// A flag is there or it is not: --watch=5 would be taken for --watch, --yes=false for nothing.
void TakeNoValuesForFlags(CLI::App& app) {
  for (CLI::Option* const option : app.get_options()) {
    if (option->get_expected_max() == 0) option->disable_flag_override();
  }
  for (CLI::App* const verb : app.get_subcommands({})) TakeNoValuesForFlags(*verb);
}

// CLI11 says only that a verb is needed; what was typed instead is what people look for.
std::string Complaint(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> rest = app.remaining(true);
  const bool lacks_verb = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  for (const std::string& word : rest) {
    if (lacks_verb && word.rfind('-', 0) != 0) {
      return absl::StrCat("'", base::Escaped(word), "' is no verb here");
    }
  }
  const std::string words = OneLine(error.what());
  if (lacks_verb && absl::StartsWith(words, "A subcommand")) return "a verb is missing";
  if (error.get_name() == "ConversionError") {
    return absl::StrCat("no number of the right size: ", base::Escaped(words, 400));
  }
  if (const size_t end = words.find(" was given a disallowed flag"); end != std::string::npos) {
    const std::string flag =
        absl::StrCat(end == 1 ? "-" : "--", base::Escaped(words.substr(0, end)));
    return absl::StrCat(flag, " takes no value; write ", flag, " alone");
  }
  return base::Escaped(words, 400);
}

// Of the deepest verb that was named: where --help tells more.
std::string HelpFor(const CLI::App& app) {
  std::string words = "migctl";
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    absl::StrAppend(&words, " ", at->get_name());
  }
  return absl::StrCat(words, " --help");
}

int Fail(Console& console, const absl::Status& status) {
  std::string message = OneLine(status.message());
  if (message.empty()) message = absl::StatusCodeToString(status.code());
  console.Err(absl::StrCat("migctl: ", message, "\n"));
  return ExitCodeOf(status);
}

void AddVerbs(CommandLine& line) {
  AddContextVerbs(line);
  AddLoginVerbs(line);
  AddDoctorVerb(line);
  AddReleaseVerbs(line);
  AddPlanVerbs(line);
  AddRolloutVerbs(line);
  AddHostVerbs(line);
  AddEnrollVerbs(line);
  AddOperatorVerbs(line);
  AddAuditVerbs(line);
  AddKeyVerbs(line);
  AddSignVerb(line);
  AddTrialVerb(line);
  AddCaVerbs(line);
  AddRootVerbs(line);
}

}  // namespace

CLI::App* CommandLine::Verb(CLI::App* parent, const std::string& name, const std::string& help,
                            const std::string& example) {
  CLI::App* const verb = parent->add_subcommand(name, help);
  if (!example.empty()) verb->footer(absl::StrCat("Example: ", example, "\n", kFooter));
  return verb;
}

CLI::App* CommandLine::Noun(const std::string& name, const std::string& help,
                            const std::string& example) {
  CLI::App* const noun = Verb(&app, name, help, example);
  noun->require_subcommand(1);
  return noun;
}

void CommandLine::Reads(CLI::App* verb) {
  verb->add_option("--fields", options.fields,
                   "only these, as a,b: keys of -o json (host.state), else columns of the table");
}

int RunMigctl(const std::vector<std::string>& arguments, World& world) {
  CommandLine line;
  line.app.name("migctl");
  line.app.description(
      "Operates a fleet of MIG loaders: releases, plans, rollouts, hosts, keys.\n"
      "Begin with: migctl trial init DIR, or migctl context set NAME ... and migctl login.");
  line.app.footer(kFooter);
  line.app.require_subcommand(1);
  line.app.fallthrough();
  AddGlobalOptions(line);
  AddVerbs(line);
  TakeNoValuesForFlags(line.app);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    line.app.parse(std::move(reversed));
  } catch (const CLI::CallForVersion& version) {
    world.console.Out(absl::StrCat(version.what(), "\n"));
    return kExitOk;
  } catch (const CLI::Success&) {
    world.console.Out(line.app.help());
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    return Fail(world.console, absl::InvalidArgumentError(absl::StrCat(
                                   Complaint(line.app, error), "; see ", HelpFor(line.app))));
  }
  Session session(world, line.options);
  if (const absl::Status status = session.CheckOutput(); !status.ok()) {
    return Fail(world.console, status);
  }
  const absl::StatusOr<int> result = line.action(session);
  if (!result.ok()) return Fail(world.console, result.status());
  if (const absl::Status written = world.console.Flush(); !written.ok()) {
    return Fail(world.console, written);
  }
  return *result;
}

}  // namespace mig::ctl
