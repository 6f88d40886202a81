#include "sim/scenario/rollouts.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "trust/names.h"

namespace mig::sim {

namespace {

constexpr uint64_t kMaxAllBytes = base::kGiB;
// A plan stands for 90 days, and must have opened wholly within them.
constexpr uint64_t kMaxOpeningS = 89 * 24 * 3'600;
constexpr absl::string_view kFamily = "conf/";

bool IsKnownComponent(absl::string_view name) {
  if (name == "agent" || name == "configuration") return true;
  return absl::StartsWith(name, kFamily) && absl::EndsWith(name, ".cfg") &&
         trust::IsComponentSegment(name.substr(kFamily.size()));
}

AgentFault FaultOf(const v1::Release& release) {
  switch (release.fault()) {
    case v1::Release::HANGS:
      return AgentFault::kHangs;
    case v1::Release::LIES:
      return AgentFault::kLies;
    case v1::Release::DIES:
      return AgentFault::kDies;
    case v1::Release::NEVER_READY:
      return AgentFault::kNeverReady;
    default:
      return AgentFault::kCrashes;
  }
}

// Contents that are the same bytes are held once.
using Content = std::tuple<std::string, uint64_t, std::string>;

absl::StatusOr<ReleasePlan> ReadRelease(const Block& at, const v1::Release& release,
                                        std::set<Content>& contents, uint64_t& all_bytes) {
  ReleasePlan plan{
      .version = release.version(), .bad_ppm = release.bad_ppm(), .fault = FaultOf(release)};
  for (int i = 0; i < release.components_size(); ++i) {
    const v1::Component& component = release.components(i);
    const Block inside = at.Inside("components", i);
    const std::string& name = component.name();
    if (i == 0 && name != "agent") {
      return inside.Wrong("name",
                          "of a release's first component is another; write name: "
                          "\"agent\"");
    }
    if (!IsKnownComponent(name)) {
      return inside.Wrong("name",
                          "is none that a host here has; write \"agent\", "
                          "\"configuration\", or \"conf/NAME.cfg\"");
    }
    if (std::ranges::find(plan.components, name, &ComponentPlan::name) != plan.components.end()) {
      return inside.Wrong("name", "is there twice in this release; leave one, or write another");
    }
    plan.components.push_back(
        {.name = name,
         .size_bytes = component.size_bytes(),
         .content = component.has_content() ? component.content() : release.version()});
    const ComponentPlan& made = plan.components.back();
    if (contents.emplace(name, made.size_bytes, made.content).second) all_bytes += made.size_bytes;
    if (all_bytes > kMaxAllBytes) {
      return inside.Wrong("size_bytes", absl::StrCat("makes all releases larger than ",
                                                     kMaxAllBytes, " bytes; write less"));
    }
  }
  return plan;
}

absl::Status CheckWave(const Block& at, const v1::Scenario& message, const v1::Rollout& rollout,
                       int i) {
  const v1::Wave& wave = rollout.waves(i);
  const uint32_t before_ppm = i == 0 ? 0 : rollout.waves(i - 1).upto_ppm();
  if (wave.upto_ppm() <= before_ppm) {
    return at.Wrong("upto_ppm",
                    absl::StrCat("is ", wave.upto_ppm(),
                                 ", not more than the wave before; write more than ", before_ppm));
  }
  // Before the fleet is there, this much is arithmetic.
  if (uint64_t{message.hosts()} * (wave.upto_ppm() - before_ppm) < base::kWholePpm) {
    const uint64_t needed = (base::kWholePpm + message.hosts() - 1) / message.hosts();
    return at.Wrong("upto_ppm", absl::StrCat("is ", wave.upto_ppm(),
                                             ": a wave without hosts, less than one of ",
                                             message.hosts(), "; write ", before_ppm + needed,
                                             " or more, or leave the wave out"));
  }
  if (i + 1 == rollout.waves_size() && wave.upto_ppm() != base::kWholePpm) {
    return at.Wrong("upto_ppm", absl::StrCat("of the last wave is ", wave.upto_ppm(),
                                             "; write 1000000, or one more wave"));
  }
  if (wave.opens_s() < rollout.start_s()) {
    return at.Wrong("opens_s",
                    absl::StrCat("is ", wave.opens_s(), ", before the rollout starts; write ",
                                 rollout.start_s(), " or more"));
  }
  const uint64_t open_s = uint64_t{wave.opens_s()} + wave.ramp_s() - rollout.start_s();
  if (open_s > kMaxOpeningS) {
    return at.Wrong("opens_s",
                    absl::StrCat("is ", wave.opens_s(), ": its whole share would come ", open_s,
                                 " s after the rollout starts; write it so that this is ",
                                 kMaxOpeningS, " or less (ramp_s counts too)"));
  }
  if (i == 0) return absl::OkStatus();
  const uint64_t whole_s = uint64_t{rollout.waves(i - 1).opens_s()} + rollout.waves(i - 1).ramp_s();
  if (wave.opens_s() > whole_s) return absl::OkStatus();
  return at.Wrong("opens_s", absl::StrCat("is ", wave.opens_s(),
                                          ", when the wave before has not its whole share yet; "
                                          "write more than ",
                                          whole_s));
}

absl::Status CheckTimes(const Block& at, const v1::Scenario& message, const v1::Rollout& rollout) {
  if (rollout.start_s() >= message.duration_s()) {
    return at.Wrong("start_s", absl::StrCat("is ", rollout.start_s(),
                                            ", when the run is over; write less than ",
                                            message.duration_s(), " (duration_s)"));
  }
  if (rollout.canaries() > message.hosts()) {
    return at.Wrong("canaries",
                    absl::StrCat("is ", rollout.canaries(), ", and there are ", message.hosts(),
                                 " hosts; write ", message.hosts(), " or less"));
  }
  if (!rollout.has_halt_s()) return absl::OkStatus();
  if (rollout.halt_s() <= rollout.start_s() || rollout.halt_s() >= message.duration_s()) {
    return at.Wrong("halt_s",
                    absl::StrCat("is ", rollout.halt_s(),
                                 ", not within the rollout; write more than ", rollout.start_s(),
                                 " and less than ", message.duration_s(), ", or leave it out"));
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> FindRelease(const Block& at, const v1::Scenario& message,
                                   const std::string& version, size_t oldest) {
  std::vector<std::string> versions;
  for (const v1::Release& release : message.releases()) versions.push_back(release.version());
  const auto found = std::ranges::find(versions, version);
  if (found == versions.end()) {
    return at.Wrong("release", absl::StrCat("is not one of the releases; write one of \"",
                                            absl::StrJoin(versions, "\", \""), "\""));
  }
  const auto index = static_cast<size_t>(found - versions.begin());
  if (index >= oldest) return index;
  return at.Wrong("release", absl::StrCat("is older than the one that the rollout before brings, "
                                          "and no loader goes to a lower sequence; write \"",
                                          versions[oldest], "\" or a later one"));
}

}  // namespace

absl::StatusOr<std::vector<ReleasePlan>> ReadReleases(const Block& block,
                                                      const v1::Scenario& message) {
  std::vector<ReleasePlan> plans;
  std::set<Content> contents;
  uint64_t all_bytes = 0;
  for (int i = 0; i < message.releases_size(); ++i) {
    const Block at = block.Inside("releases", i);
    MIG_ASSIGN_OR_RETURN(ReleasePlan plan,
                         ReadRelease(at, message.releases(i), contents, all_bytes));
    if (std::ranges::find(plans, plan.version, &ReleasePlan::version) != plans.end()) {
      return at.Wrong("version", "is that of another release too; write another one");
    }
    plans.push_back(std::move(plan));
  }
  return plans;
}

absl::StatusOr<std::vector<RolloutPlan>> ReadRollouts(const Block& block,
                                                      const v1::Scenario& message) {
  std::vector<RolloutPlan> plans;
  for (int i = 0; i < message.rollouts_size(); ++i) {
    const v1::Rollout& rollout = message.rollouts(i);
    const Block at = block.Inside("rollouts", i);
    RolloutPlan plan{.start = absl::Seconds(rollout.start_s()), .canaries = rollout.canaries()};
    MIG_ASSIGN_OR_RETURN(plan.release, FindRelease(at, message, rollout.release(),
                                                   plans.empty() ? 0 : plans.back().release));
    if (!plans.empty() && plan.start <= plans.back().start) {
      return at.Wrong("start_s", absl::StrCat("is ", rollout.start_s(),
                                              ", not later than the rollout before; write more "
                                              "than ",
                                              absl::ToInt64Seconds(plans.back().start)));
    }
    for (int w = 0; w < rollout.waves_size(); ++w) {
      const Block inside = at.Inside("waves", w);
      MIG_RETURN_IF_ERROR(CheckWave(inside, message, rollout, w));
      const v1::Wave& wave = rollout.waves(w);
      plan.waves.push_back({.upto_ppm = wave.upto_ppm(),
                            .opens = absl::Seconds(wave.opens_s()),
                            .ramp = absl::Seconds(wave.ramp_s()),
                            .line = inside.LineOf("upto_ppm")});
    }
    MIG_RETURN_IF_ERROR(CheckTimes(at, message, rollout));
    if (rollout.has_halt_s()) plan.halt = absl::Seconds(rollout.halt_s());
    plans.push_back(std::move(plan));
  }
  return plans;
}

}  // namespace mig::sim
