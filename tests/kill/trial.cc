#include "tests/kill/trial.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "tests/kill/kill_site.h"

namespace mig::tests {

const std::vector<Scenario>& Scenarios() {
  using Agent = Scenario::Agent;
  static const std::vector<std::string> run = {"run", "--now"};
  static const std::vector<std::string> recover = {"recover"};
  static const auto* const scenarios = new std::vector<Scenario>{
      {.name = "install", .begins = kEnrolled, .verb = run, .agent = Agent::kNone},
      {.name = "update", .begins = kOne, .verb = run},
      {.name = "back", .temper = Temper::kBad, .begins = kOne, .verb = run},
      {.name = "repair", .begins = kTwo, .verb = run, .damage = Scenario::Damage::kFiles},
      {.name = "idle", .begins = kTwo, .verb = run},
      {.name = "recover-committed",
       .begins = "recover-committed",
       .verb = recover,
       .agent = Agent::kNone},
      {.name = "recover-activating",
       .begins = "recover-activating",
       .verb = recover,
       .agent = Agent::kNone},
      {.name = "recover-reverting",
       .temper = Temper::kBad,
       .begins = "recover-reverting",
       .verb = recover,
       .agent = Agent::kNone},
  };
  return *scenarios;
}

std::string Trial::ToString() const {
  std::string text = absl::StrCat(scenario->name, "@", DiskName(disk));
  absl::StrAppend(&text, ":", strike.has_value() ? strike->ToString() : "none");
  absl::StrAppend(&text, next == Next::kRecover ? ":recover" : ":run");
  if (second.has_value()) absl::StrAppend(&text, ":", second->ToString());
  return text;
}

absl::StatusOr<Trial> Trial::Parse(absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  const std::vector<std::string> where = absl::StrSplit(parts[0], '@');
  const auto scenario = std::ranges::find(Scenarios(), where[0], &Scenario::name);
  const std::optional<DiskKind> disk =
      where.size() == 2 ? DiskFromName(where[1]) : std::optional<DiskKind>();
  const bool has_next = parts.size() >= 3 && (parts[2] == "recover" || parts[2] == "run");
  if (scenario == Scenarios().end() || !disk || !has_next || parts.size() > 4) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text,
                     "' is no trial; one is SCENARIO@DISK:STRIKE:NEXT[:STRIKE], as in "
                     "update@tmpfs:change.37.exit=kill:recover:change.5.entry=kill"));
  }
  Trial trial = {.scenario = &*scenario, .disk = *disk};
  trial.next = parts[2] == "recover" ? Next::kRecover : Next::kRun;
  if (parts[1] != "none") {
    MIG_ASSIGN_OR_RETURN(trial.strike, Strike::Parse(parts[1]));
  }
  if (parts.size() == 4) {
    MIG_ASSIGN_OR_RETURN(trial.second, Strike::Parse(parts[3]));
  }
  return trial;
}

}  // namespace mig::tests
