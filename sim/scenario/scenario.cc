#include "sim/scenario/scenario.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "sim/report/assertion.h"
#include "sim/scenario/block.h"
#include "sim/scenario/faults.h"
#include "sim/scenario/rollouts.h"
#include "sim/scenario/scenario_text.h"

namespace mig::sim {

namespace {

// What two cores keep up (docs/benchmarks.md): more would measure this machine, not a rollout.
constexpr uint64_t kMaxLiveRunsPerSecond = 250;

absl::Status CheckName(const Block& block, absl::string_view name) {
  const bool is_name = std::ranges::all_of(
      name, [](char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-'; });
  if (is_name) return absl::OkStatus();
  return block.Wrong("name", "may have a to z, 0 to 9 and - only; write name: \"herd\"");
}

absl::Status CheckRate(const Block& block, const Scenario& scenario, Mode mode) {
  const auto every_s = static_cast<uint64_t>(absl::ToInt64Seconds(scenario.check_in_every));
  if (mode == Mode::kVirtual || scenario.hosts <= kMaxLiveRunsPerSecond * every_s) {
    return absl::OkStatus();
  }
  const uint64_t needed_s = (scenario.hosts + kMaxLiveRunsPerSecond - 1) / kMaxLiveRunsPerSecond;
  return block.Wrong("check_in_every_s",
                     absl::StrCat("is ", every_s, " with ", scenario.hosts, " hosts: a rate of ",
                                  scenario.hosts / every_s, " runs a second cannot be kept, ",
                                  kMaxLiveRunsPerSecond, " can; write check_in_every_s: ", needed_s,
                                  " or more, or fewer hosts"));
}

absl::Status ReadProbation(const Block& block, const v1::Scenario& message, Mode mode,
                           Scenario& scenario) {
  if (!message.has_probation_s()) {
    const absl::Duration usual = mode == Mode::kLive ? absl::Seconds(1) : absl::Seconds(60);
    scenario.probation = std::min(usual, scenario.check_in_every / 2);
    return absl::OkStatus();
  }
  scenario.probation = absl::Seconds(message.probation_s());
  if (scenario.probation < scenario.check_in_every) return absl::OkStatus();
  return block.Wrong("probation_s",
                     absl::StrCat("is ", message.probation_s(), ", and a host runs every ",
                                  message.check_in_every_s(),
                                  " s: a run would not be over when the next one is due; write "
                                  "less than check_in_every_s"));
}

absl::Status ReadFleet(const Block& block, const v1::Scenario& message, Mode mode,
                       Scenario& scenario) {
  scenario.name = message.name();
  MIG_RETURN_IF_ERROR(CheckName(block, scenario.name));
  scenario.hosts = message.hosts();
  scenario.certificates = message.has_certificates() ? message.certificates() : message.hosts();
  if (scenario.certificates > scenario.hosts) {
    return block.Wrong(
        "certificates",
        absl::StrCat("is ", scenario.certificates, ", and there are ", scenario.hosts,
                     " hosts; write ", scenario.hosts, " or less, or leave it out"));
  }
  scenario.duration = absl::Seconds(message.duration_s());
  scenario.check_in_every = absl::Seconds(message.check_in_every_s());
  scenario.clock_skew = absl::Seconds(message.clock_skew_s());
  MIG_RETURN_IF_ERROR(CheckRate(block, scenario, mode));
  return ReadProbation(block, message, mode, scenario);
}

absl::Status ReadAssertions(const Block& block, const v1::Scenario& message, Mode mode,
                            Scenario& scenario) {
  for (int i = 0; i < message.assertions_size(); ++i) {
    const absl::StatusOr<Assertion> assertion = ParseAssertion(message.assertions(i));
    if (!assertion.ok()) return block.WrongAt("assertions", i, assertion.status().message());
    if (mode == Mode::kVirtual && assertion->where == Figure::Where::kLiveOnly) {
      return block.WrongAt("assertions", i,
                           absl::StrCat("asks for ", assertion->name,
                                        ", which is measured with --live only; run it with "
                                        "--live, or leave it out"));
    }
    scenario.assertions.push_back(message.assertions(i));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Scenario> ParseScenario(absl::string_view file, absl::string_view text, Mode mode) {
  MIG_ASSIGN_OR_RETURN(const ScenarioText read, ScenarioText::Read(file, text));
  const v1::Scenario& message = read.message();
  const Block block = read.block();
  MIG_RETURN_IF_ERROR(block.CheckFields(mode));
  Scenario scenario;
  scenario.file = std::string(file);
  MIG_RETURN_IF_ERROR(ReadFleet(block, message, mode, scenario));
  MIG_ASSIGN_OR_RETURN(scenario.releases, ReadReleases(block, message));
  MIG_ASSIGN_OR_RETURN(scenario.rollouts, ReadRollouts(block, message));
  MIG_ASSIGN_OR_RETURN(scenario.link, ReadLink(block, message));
  MIG_ASSIGN_OR_RETURN(scenario.power_cuts, ReadPowerCuts(block, message));
  MIG_ASSIGN_OR_RETURN(scenario.disk_faults, ReadDiskFaults(block, message));
  MIG_ASSIGN_OR_RETURN(scenario.loader_kills, ReadLoaderKills(block, message));
  MIG_ASSIGN_OR_RETURN(scenario.damage, ReadDamage(block, message));
  MIG_ASSIGN_OR_RETURN(scenario.coordinator_kills, ReadCoordinatorKills(block, message));
  MIG_RETURN_IF_ERROR(ReadAssertions(block, message, mode, scenario));
  return scenario;
}

}  // namespace mig::sim
