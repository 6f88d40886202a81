#include "bench/suites/rollout/rollout_suite.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "bench/limits/boringssl.h"
#include "bench/suites/lazy.h"
#include "rollout/clocks.h"
#include "rollout/decide.h"
#include "rollout/filter.h"
#include "rollout/testing/test_facts.h"
#include "rollout/testing/test_world.h"

namespace mig::bench {
namespace {

using rollout::testing::Monday;
using rollout::testing::Ms;

// Every term is read: the host is in this part of the fleet.
constexpr absl::string_view kFilter =
    "os = \"linux\" AND distribution = \"debian\" AND tags.site = \"ber\" AND kernel >= \"6.1\"";
constexpr int kWaves = 8;
// The length of what is hashed for a cohort: label, and seed and host id with their lengths.
constexpr size_t kCohortBytes = 14 + 2 * (4 + 32);

struct FilterAndHost {
  FilterAndHost() {
    const auto parsed = rollout::Filter::ParseSigned(kFilter, rollout::FieldSet::kPlan);
    MIG_CHECK_OK(parsed);
    filter = *parsed;
    MIG_CHECK(filter.Evaluate(facts) == rollout::Truth::kTrue);
  }

  void Evaluate(benchmark::State& state) const {
    for (auto _ : state) benchmark::DoNotOptimize(filter.Evaluate(facts));
  }

  // The same question to the same texts; the version by its first two numbers only.
  void CompareBare(benchmark::State& state) const {
    for (auto _ : state) {
      benchmark::DoNotOptimize(os);
      const bool matches = os == "linux" && distribution == "debian" && site == "ber" &&
                           std::strtol(kernel.c_str(), nullptr, 10) >= 6 &&
                           std::strtol(kernel.c_str() + 2, nullptr, 10) >= 1;
      benchmark::DoNotOptimize(matches);
    }
  }

  rollout::Filter filter;
  rollout::Facts facts = rollout::testing::TestFacts();
  std::string os = "linux", distribution = "debian", site = "ber", kernel = "6.1.0-18-amd64";
};

// A host in the fourth of eight waves, with filters in plan and waves, which opens by a ramp.
struct HostAndPlan {
  HostAndPlan() {
    const rollout::CheckedManifest& installed = world.Manifest("agent", 117);
    const rollout::CheckedManifest& target = world.Manifest("agent", 118);
    const rollout::CheckedPlan& plan = world.Plan(61, target, [](v1::Plan& message) {
      message.set_filter(std::string(kFilter));
      const v1::Wave first = message.waves(0);
      message.clear_waves();
      for (int i = 0; i < kWaves; ++i) {
        v1::Wave& wave = *message.add_waves();
        wave = first;
        wave.set_lo_ppm(static_cast<uint32_t>(i) * (1'000'000 / kWaves));
        wave.set_hi_ppm(static_cast<uint32_t>(i + 1) * (1'000'000 / kWaves));
        wave.set_not_before_ms(Ms(Monday() + i * absl::Hours(4)));
        wave.set_ramp_ms(Ms(absl::Hours(2)));
      }
    });
    host.Hold(installed);
    host.Hold(target);
    host.Hold(rollout::StreamPlans{.newest = &plan});
    host.Install(installed);
  }

  void Decide(benchmark::State& state) const {
    const rollout::Clocks clocks = rollout::Clocks::All(Monday() + absl::Hours(14));
    for (auto _ : state) {
      benchmark::DoNotOptimize(rollout::Decide(host.documents, host.view, clocks));
    }
  }

  rollout::testing::TestWorld world;
  rollout::testing::TestHost host{world, rollout::testing::HostIdOf('\1')};
};

void HashCohortBare(benchmark::State& state) {
  const std::string hashed(kCohortBytes, 'c');
  for (auto _ : state) benchmark::DoNotOptimize(BareSha256(hashed));
}

}  // namespace

void AddRolloutRows(Table& table) {
  const Lazy<FilterAndHost> filter([] { return std::make_unique<FilterAndHost>(); });
  const Lazy<HostAndPlan> plan([] { return std::make_unique<HostAndPlan>(); });
  table.Add({.name = "filter_four_terms",
             .ours = [filter](benchmark::State& state) { filter->Evaluate(state); },
             .limit = [filter](benchmark::State& state) { filter->CompareBare(state); }});
  table.Add({.name = "decide_eight_waves",
             .ours = [plan](benchmark::State& state) { plan->Decide(state); },
             .limit = [](benchmark::State& state) { HashCohortBare(state); }});
}

}  // namespace mig::bench
