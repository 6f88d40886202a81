#include "sim/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/text.h"
#include "base/version.h"
#include "sim/report/outcome.h"

namespace mig::sim {

namespace {

constexpr char kAbout[] =
    "Tries out a rollout before anybody is touched by it: a fleet of the shipped loaders, as a\n"
    "scenario describes it (docs/simulation.md).\n\n"
    "Examples:\n"
    "  mig-sim run sim/scenarios/small.txtpb --live\n"
    "  mig-sim run sim/scenarios/week.txtpb --virtual --seed 7";

constexpr char kRunExamples[] =
    "Examples:\n"
    "  mig-sim run sim/scenarios/small.txtpb --live\n"
    "  mig-sim run sim/scenarios/small.txtpb --live -o json | jq .phases\n"
    "  mig-sim run sim/scenarios/week.txtpb --virtual --seed 7";

constexpr char kExitStatus[] =
    "Exit status: 0 all held · 99 an assertion failed (no samples too) · 104 the scenario is\n"
    "  refused · 105 ended early (coordinator gone, no answer, Ctrl-C) · 110 a promise is broken\n"
    "  111 the rate was not kept · 2 usage · 1 an error of its own. Where several are so: 110, "
    "105,\n"
    "  111, 99.\n"
    "MIG_SIM_ACCESSIBLE=1: a line of progress every ten seconds, none is redrawn.";

// Decimal digits only: what is printed as a seed can be given as one.
std::optional<uint64_t> ParseSeed(const std::string& text) {
  uint64_t seed = 0;
  const bool is_digits = !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return absl::ascii_isdigit(c);
  });
  if (!is_digits || !absl::SimpleAtoi(text, &seed)) return std::nullopt;
  return seed;
}

// CLI11's tree, and where it puts what it reads.
class Tree {
 public:
  Tree() : app_(kAbout, "mig-sim") {
    app_.set_version_flag("--version", base::kVersion);
    app_.require_subcommand(0, 1);
    app_.footer(kExitStatus);
    run_ = app_.add_subcommand("run", "Run a scenario and say what was seen");
    run_->footer(absl::StrCat(kRunExamples, "\n\n", kExitStatus));
    run_->add_option("SCENARIO", command_.scenario, "A file in the format of docs/simulation.md")
        ->required();
    run_->add_flag("--live", live_,
                   "In real time: mutual TLS, real sockets, a coordinator of its own");
    run_->add_flag("--virtual", virtual_,
                   "In virtual time: network, disks and power too; the same seed, the same run");
    run_->add_option("--seed", seed_, "0 to 18446744073709551615; else another one each time")
        ->type_name("N");
    run_->add_option("-o,--output", format_, "text or json")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"text", "json"}));
    run_->add_option("--coordinator", command_.coordinator,
                     "mig-coordinator, where it is not beside this program (--live)")
        ->type_name("PROGRAM");
  }

  std::variant<Command, Farewell> Read(std::vector<std::string> arguments) {
    for (const std::string& argument : arguments) {
      for (const absl::string_view flag : {"--live", "--virtual", "--help", "--version"}) {
        if (!absl::StartsWith(argument, absl::StrCat(flag, "="))) continue;
        return Wrong(absl::StrCat(flag, " takes no value"));
      }
    }
    std::ranges::reverse(arguments);  // as CLI11 wants a vector
    try {
      app_.parse(arguments);
    } catch (const CLI::ParseError& error) {
      return Leave(error);
    }
    if (!run_->parsed()) return Wrong("a verb is missing: run SCENARIO");
    if (live_ == virtual_) {
      return Wrong(live_ ? "--live and --virtual exclude each other"
                         : "how is it to be run? give --live or --virtual");
    }
    command_.mode = live_ ? Mode::kLive : Mode::kVirtual;
    if (!command_.coordinator.empty() && virtual_) {
      return Wrong("--coordinator is for --live: with --virtual it is within this process");
    }
    if (run_->count("--seed") > 0) {
      command_.seed = ParseSeed(seed_);
      if (!command_.seed) {
        return Wrong(
            absl::StrCat("--seed takes a whole number from 0 to 18446744073709551615, "
                         "not \"",
                         base::Escaped(seed_, 40), "\""));
      }
    }
    command_.format = format_ == "json" ? Command::Format::kJson : Command::Format::kText;
    return command_;
  }

 private:
  std::variant<Command, Farewell> Leave(const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    if (app_.exit(error, out, err) == 0) {
      const std::string text = out.str();
      const bool ends = !text.empty() && text.back() == '\n';
      return Farewell{.out = absl::StrCat(text, ends ? "" : "\n")};
    }
    return Wrong(error.what());
  }

  static Farewell Wrong(absl::string_view what) {
    const std::vector<std::string> lines = absl::StrSplit(what, '\n');
    return Farewell{.err = absl::StrCat("mig-sim: ", lines.front(), "; see mig-sim run --help\n"),
                    .exit = kExitUsage};
  }

  CLI::App app_;
  CLI::App* run_ = nullptr;  // app_'s
  Command command_;
  std::string format_ = "text";
  std::string seed_;
  bool live_ = false;
  bool virtual_ = false;
};

}  // namespace

std::variant<Command, Farewell> ReadCommandLine(const std::vector<std::string>& arguments) {
  return Tree().Read(arguments);
}

}  // namespace mig::sim
