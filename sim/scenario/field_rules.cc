#include "sim/scenario/field_rules.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/check.h"
#include "base/sizes.h"

namespace mig::sim {

namespace {

constexpr auto kOptional = FieldRule::Presence::kOptional;
constexpr auto kRequired = FieldRule::Presence::kRequired;
constexpr uint64_t kHour = 3'600;
constexpr uint64_t kDay = 24 * kHour;
constexpr uint64_t kPpm = base::kWholePpm;
constexpr uint64_t kMinuteMs = 60'000;
constexpr uint64_t kText = base::kMaxVersionTextBytes;
constexpr uint64_t kLongest = 90 * kDay;

constexpr FieldRule kRules[] = {
    {"Scenario.name", kRequired, 1, 64, 64, "name: \"herd\""},
    {"Scenario.hosts", kRequired, 1, 100'000, 10'000, "hosts: 500"},
    {"Scenario.certificates", kOptional, 0, 100'000, 10'000, "certificates: 450"},
    {"Scenario.duration_s", kRequired, 1, kLongest, kHour, "duration_s: 40"},
    {"Scenario.check_in_every_s", kRequired, 1, kDay, kDay, "check_in_every_s: 10"},
    {"Scenario.releases", kRequired, 1, 16, 16,
     "releases { version: \"1.0\" components { name: \"agent\" size_bytes: 4096 } }"},
    {"Scenario.rollouts", kRequired, 1, 16, 16,
     "rollouts { release: \"1.0\" waves { upto_ppm: 1000000 } }"},
    {"Scenario.link", kOptional, 0, 1, 1, "link { latency_ms: 20 }"},
    {"Scenario.power_cuts", kOptional, 0, 1, 1, "power_cuts { installs_ppm: 50000 }"},
    {"Scenario.coordinator_kills", kOptional, 0, 64, 64, "coordinator_kills { at_s: 20 }"},
    {"Scenario.assertions", kOptional, 0, 64, 64, "assertions: \"p99_check_in < 50ms\""},
    {"Scenario.probation_s", kOptional, 1, 600, 600, "probation_s: 1"},
    {"Scenario.clock_skew_s", kOptional, 0, 30 * kDay, 0, "clock_skew_s: 300"},
    {"Scenario.disk_faults", kOptional, 0, 1, 1, "disk_faults { full_ppm: 50000 }"},
    {"Scenario.loader_kills", kOptional, 0, 1, 1, "loader_kills { installs_ppm: 50000 }"},
    {"Scenario.damage", kOptional, 0, 1, 1, "damage { files_ppm: 1000 }"},
    {"Release.version", kRequired, 1, kText, kText, "version: \"1.1\""},
    {"Release.components", kRequired, 1, 64, 64, "components { name: \"agent\" size_bytes: 4096 }"},
    {"Release.bad_ppm", kOptional, 0, kPpm, kPpm, "bad_ppm: 10000"},
    {"Release.fault", kOptional, 1, 5, 5, "fault: CRASHES (or HANGS, LIES, DIES, NEVER_READY)"},
    {"Component.name", kRequired, 1, 69, 69,
     "name: \"agent\" (or \"configuration\", or \"conf/NAME.cfg\")"},
    {"Component.size_bytes", kRequired, 1, 64 * base::kMiB, 64 * base::kMiB, "size_bytes: 4096"},
    {"Component.content", kOptional, 1, kText, kText, "content: \"same in all\""},
    {"Rollout.release", kRequired, 1, kText, kText, "release: \"1.1\""},
    {"Rollout.start_s", kOptional, 0, kLongest, kHour, "start_s: 20"},
    {"Rollout.waves", kRequired, 1, base::kMaxWaves, base::kMaxWaves,
     "waves { upto_ppm: 1000000 }"},
    {"Rollout.canaries", kOptional, 0, base::kMaxCanaries, base::kMaxCanaries, "canaries: 5"},
    {"Rollout.halt_s", kOptional, 1, kLongest, kHour, "halt_s: 30"},
    {"Wave.upto_ppm", kRequired, 1, kPpm, kPpm, "upto_ppm: 100000"},
    {"Wave.opens_s", kOptional, 0, kLongest, kLongest, "opens_s: 20"},
    {"Wave.ramp_s", kOptional, 0, 30 * kDay, 30 * kDay, "ramp_s: 10"},
    {"Link.latency_ms", kOptional, 0, kMinuteMs, 0, "latency_ms: 20"},
    {"Link.jitter_ms", kOptional, 0, kMinuteMs, 0, "jitter_ms: 30"},
    {"Link.lost_ppm", kOptional, 0, kPpm, 0, "lost_ppm: 10000"},
    {"Link.cut_ppm", kOptional, 0, kPpm, 0, "cut_ppm: 20000"},
    {"Link.from_s", kOptional, 0, kLongest, kHour, "from_s: 0"},
    {"Link.until_s", kOptional, 1, kLongest, kHour, "until_s: 3600"},
    {"PowerCuts.installs_ppm", kRequired, 1, kPpm, 0, "installs_ppm: 50000"},
    {"PowerCuts.off_s", kOptional, 1, 7 * kDay, 7 * kDay, "off_s: 600"},
    {"PowerCuts.from_s", kOptional, 0, kLongest, kHour, "from_s: 0"},
    {"PowerCuts.until_s", kOptional, 1, kLongest, kHour, "until_s: 3600"},
    {"PowerCuts.again_ppm", kOptional, 0, 900'000, 0, "again_ppm: 100000"},
    {"DiskFaults.full_ppm", kOptional, 0, kPpm, 0, "full_ppm: 50000"},
    {"DiskFaults.failing_ppm", kOptional, 0, kPpm, 0, "failing_ppm: 50000"},
    {"DiskFaults.from_s", kOptional, 0, kLongest, kHour, "from_s: 0"},
    {"DiskFaults.until_s", kOptional, 1, kLongest, kHour, "until_s: 3600"},
    {"LoaderKills.installs_ppm", kRequired, 1, kPpm, 0, "installs_ppm: 50000"},
    {"LoaderKills.from_s", kOptional, 0, kLongest, kHour, "from_s: 0"},
    {"LoaderKills.until_s", kOptional, 1, kLongest, kHour, "until_s: 3600"},
    {"Damage.files_ppm", kOptional, 0, kPpm, 0, "files_ppm: 1000"},
    {"Damage.trust_ppm", kOptional, 0, kPpm, 0, "trust_ppm: 1000"},
    {"Damage.from_s", kOptional, 0, kLongest, kHour, "from_s: 0"},
    {"Damage.until_s", kOptional, 1, kLongest, kHour, "until_s: 3600"},
    {"CoordinatorKill.at_s", kRequired, 1, kLongest, kHour, "at_s: 20"},
    {"CoordinatorKill.down_s", kOptional, 1, kHour, kHour, "down_s: 2"},
};

constexpr absl::string_view kPackage = "mig.sim.v1.";

}  // namespace

const FieldRule& RuleOf(const google::protobuf::FieldDescriptor& field) {
  const absl::string_view name = absl::StripPrefix(field.full_name(), kPackage);
  const auto found = std::ranges::find(kRules, name, &FieldRule::field);
  MIG_CHECK(found != std::end(kRules)) << "no rule for field " << field.full_name();
  return *found;
}

std::string BoundsWords(const FieldRule& rule, Mode mode) {
  return absl::StrCat(rule.least, " to ", rule.Most(mode),
                      rule.most == rule.most_live ? ""
                      : mode == Mode::kLive       ? " with --live"
                                                  : " with --virtual");
}

}  // namespace mig::sim
