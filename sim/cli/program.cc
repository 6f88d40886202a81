#include "sim/cli/program.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "sim/cli/find_coordinator.h"
#include "sim/report/json.h"
#include "sim/report/outcome.h"
#include "sim/report/text.h"

namespace mig::sim {

namespace {

// At most one byte more than a scenario may have: /dev/zero fills no memory.
absl::StatusOr<std::string> ReadScenarioFile(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxScenarioBytes + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file && !file.eof()) {
    return absl::InvalidArgumentError(absl::StrCat(
        base::Escaped(path), ":1: cannot be read: ", std::strerror(errno == 0 ? EIO : errno),
        "; give the path of a scenario, such as sim/scenarios/small.txtpb"));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

absl::StatusOr<Scenario> ReadScenario(const Command& command) {
  MIG_ASSIGN_OR_RETURN(const std::string text, ReadScenarioFile(command.scenario));
  return ParseScenario(command.scenario, text, command.mode);
}

absl::StatusOr<Summary> RunScenario(const Command& command, const Scenario& scenario,
                                    const std::string& coordinator, uint64_t seed,
                                    const Surroundings& around, const Runners& runners) {
  ProgressLine line(around.err, around.clock, around.look);
  const Runner& run = command.mode == Mode::kLive ? runners.live : runners.virtual_time;
  return run(scenario, {.seed = seed,
                        .coordinator_program = coordinator,
                        .stop = &around.stop,
                        .progress = [&line](const Progress& now) { line.Show(now); }});
}

// Of a run that Ctrl-C ended before there was a fleet.
Summary NothingSeen(const Scenario& scenario, Mode mode, uint64_t seed) {
  Summary summary;
  summary.scenario = scenario.name;
  summary.mode = mode;
  summary.seed = seed;
  summary.ending = Ending::kInterrupted;
  summary.ending_text = "interrupted before the fleet was ready";
  summary.loaders = scenario.hosts;
  return summary;
}

// A refusal begins with FILE:LINE, so that an editor finds the place.
int Refuse(const absl::Status& status, const Surroundings& around) {
  around.err << status.message() << "\n";
  return kExitRefused;
}

int Fail(const absl::Status& status, ExitStatus exit, const Surroundings& around) {
  around.err << "mig-sim: " << status.message() << "\n";
  return exit;
}

}  // namespace

int RunCommand(const Command& command, const Surroundings& around, const Runners& runners) {
  const absl::StatusOr<Scenario> scenario = ReadScenario(command);
  if (!scenario.ok()) return Refuse(scenario.status(), around);
  std::string coordinator;
  if (command.mode == Mode::kLive) {
    absl::StatusOr<std::string> found = FindCoordinator(around.own_program, command.coordinator);
    if (!found.ok()) return Fail(found.status(), kExitUsage, around);
    coordinator = *std::move(found);
  }
  const uint64_t seed = command.seed ? *command.seed : around.random.Uint64();
  absl::StatusOr<Summary> summary =
      RunScenario(command, *scenario, coordinator, seed, around, runners);
  if (absl::IsInvalidArgument(summary.status())) return Refuse(summary.status(), around);
  // Whatever it stumbled over then: that nothing was seen yet is what is to be told.
  if (!summary.ok() && around.stop) summary = NothingSeen(*scenario, command.mode, seed);
  if (!summary.ok()) {
    // Only with it can anybody see the same again.
    around.err << "mig-sim: seed " << seed << "\n";
    return Fail(summary.status(), kExitInternal, around);
  }
  const Outcome outcome = OutcomeOf(*scenario, *std::move(summary));
  around.out << (command.format == Command::Format::kJson ? absl::StrCat(ToJson(outcome), "\n")
                                                          : ToText(outcome))
             << std::flush;
  if (around.out) return outcome.exit;
  return Fail(absl::DataLossError("the summary could not be written to standard output"),
              kExitInternal, around);
}

}  // namespace mig::sim
