#include "sim/virtual/testing/scenarios.h"

namespace mig::sim {

namespace {

ReleasePlan ReleaseOf(const char* version) {
  return {.version = version,
          .components = {{.name = "agent", .size_bytes = 200'000, .content = version},
                         {.name = "conf/10-site.cfg", .size_bytes = 300, .content = "site"},
                         {.name = "conf/20-new.cfg", .size_bytes = 700, .content = version},
                         {.name = "configuration", .size_bytes = 1'000, .content = version}}};
}

Scenario Base(uint32_t hosts, absl::Duration duration) {
  Scenario scenario;
  scenario.file = "test.txtpb";
  scenario.name = "test";
  scenario.hosts = hosts;
  scenario.certificates = hosts;
  scenario.duration = duration;
  scenario.check_in_every = absl::Hours(1);
  scenario.releases = {ReleaseOf("1.1"), ReleaseOf("1.2")};
  scenario.probation = absl::Seconds(60);
  return scenario;
}

}  // namespace

Scenario QuietDay(uint32_t hosts) {
  Scenario scenario = Base(hosts, absl::Hours(24));
  scenario.rollouts = {
      {.release = 0, .start = absl::ZeroDuration(), .waves = {{.upto_ppm = 1'000'000}}},
      {.release = 1,
       .start = absl::Hours(12),
       .waves = {{.upto_ppm = 1'000'000, .opens = absl::Hours(13)}}}};
  return scenario;
}

Scenario StormyDays(uint32_t hosts) {
  Scenario scenario = Base(hosts, absl::Hours(48));
  scenario.certificates = hosts - hosts / 4;
  scenario.releases[1].bad_ppm = 250'000;
  scenario.releases[1].fault = AgentFault::kLies;
  scenario.rollouts = {
      {.release = 0,
       .start = absl::ZeroDuration(),
       .waves = {{.upto_ppm = 500'000, .opens = absl::Hours(1), .ramp = absl::Hours(2)},
                 {.upto_ppm = 1'000'000, .opens = absl::Hours(5)}},
       .canaries = 1},
      {.release = 1,
       .start = absl::Hours(20),
       .waves = {{.upto_ppm = 500'000, .opens = absl::Hours(22)},
                 {.upto_ppm = 1'000'000, .opens = absl::Hours(26), .ramp = absl::Hours(6)}},
       .canaries = 2}};
  scenario.link = {.latency = absl::Milliseconds(20),
                   .jitter = absl::Milliseconds(30),
                   .lost_ppm = 50'000,
                   .cut_ppm = 100'000};
  scenario.power_cuts = {.installs_ppm = 400'000, .off = absl::Minutes(7)};
  scenario.coordinator_kills = {{.at = absl::Hours(2)},
                                {.at = absl::Hours(23), .down = absl::Minutes(30)},
                                {.at = absl::Hours(27)}};
  return scenario;
}

Scenario FaultyDays(uint32_t hosts) {
  Scenario scenario = StormyDays(hosts);
  scenario.releases[1].fault = AgentFault::kDies;
  scenario.power_cuts.again_ppm = 300'000;
  scenario.loader_kills = {.installs_ppm = 300'000};
  scenario.disk_faults = {.full_ppm = 200'000, .failing_ppm = 500'000};
  scenario.damage = {.files_ppm = 20'000, .trust_ppm = 10'000};
  return scenario;
}

}  // namespace mig::sim
