// `valid_until` is never later than the truth: over random plans, hosts and clocks, an answer does
// not change before it. Skipping in the simulator, the loader's next due time and `explain` rest on
// this.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "rollout/admit.h"
#include "rollout/decide.h"
#include "rollout/testing/test_facts.h"
#include "rollout/testing/test_world.h"

namespace mig::rollout {
namespace {

using base::testing::Seed;
using base::testing::SeededRandom;
using testing::Monday;
using testing::Ms;
using testing::TestFacts;
using testing::TestHost;
using testing::TestWorld;

class RandomWorld {
 public:
  explicit RandomWorld(Seed seed) : random_(seed) {}

  absl::Duration Span(absl::Duration most) { return random_.Jitter(most); }
  bool OneIn(uint64_t n) { return random_.Below(n) == 0; }
  uint64_t Below(uint64_t n) { return random_.Below(n); }

  // A plan that keeps the rules, about half of them with each feature.
  v1::Plan Plan(const TestWorld& world, uint64_t sequence, const CheckedManifest& target) {
    v1::Plan plan = world.PlanMessage(sequence, target);
    if (OneIn(2)) plan.set_filter(OneIn(4) ? "os = \"windows\"" : "os = \"linux\"");
    if (OneIn(2)) plan.set_holdback_ppm(static_cast<uint32_t>(random_.Below(500'000)));
    if (OneIn(2)) {
      plan.mutable_window()->set_days(static_cast<uint32_t>(1 + random_.Below(127)));
      plan.mutable_window()->set_start_minute(static_cast<uint32_t>(random_.Below(1440)));
      plan.mutable_window()->set_length_minutes(static_cast<uint32_t>(1 + random_.Below(1440)));
    }
    absl::Time at = Monday() + Span(absl::Hours(24));
    if (OneIn(3)) {
      plan.mutable_canaries()->add_host_ids(std::string(Host().bytes()));
      plan.mutable_canaries()->set_not_before_ms(Ms(at));
      at += absl::Hours(1) + Span(absl::Hours(24));
    }
    plan.clear_waves();
    uint32_t reached = 0;
    for (uint64_t n = 1 + random_.Below(3); n > 0; --n) at = AddWave(plan, at, reached);
    plan.set_expires_ms(Ms(at + Span(absl::Hours(200))));
    const bool hold = plan.waves(0).hold();
    if (hold || OneIn(3)) plan.clear_baseline_until_ms();
    if (plan.baseline_until_ms() != 0) {
      plan.set_baseline_until_ms(plan.expires_ms() + Ms(Span(absl::Hours(400))));
    }
    return plan;
  }

  static trust::HostId Host() { return trust::testing::TestHostId(7); }

  Clocks Now() {
    Clocks clocks = Clocks::All(
        Monday() + absl::Milliseconds(static_cast<int64_t>(random_.Below(40 * 24 * 3'600'000ull))));
    if (OneIn(4)) clocks.not_before -= Span(absl::Hours(300));
    if (OneIn(4)) clocks.not_after += Span(absl::Hours(300));
    if (OneIn(4)) clocks.waves_closed_until = clocks.system + Span(absl::Hours(24));
    return clocks;
  }

 private:
  absl::Time AddWave(v1::Plan& plan, absl::Time at, uint32_t& reached) {
    v1::Wave& wave = *plan.add_waves();
    wave.set_lo_ppm(static_cast<uint32_t>(random_.Below(reached + 1)));
    reached = reached + static_cast<uint32_t>(random_.Below(1'000'001 - reached));
    wave.set_hi_ppm(std::max<uint32_t>(reached, 1));
    reached = wave.hi_ppm();
    if (plan.waves_size() == 1 && OneIn(6)) wave.set_hold(true);
    const absl::Time opens = at + Span(absl::Hours(48));
    wave.set_not_before_ms(Ms(opens));
    wave.set_ramp_ms(OneIn(3) ? 0 : Ms(Span(absl::Hours(24))));
    wave.set_soak_ms(Ms(Span(absl::Hours(24))));
    return opens + absl::Hours(50);
  }

  SeededRandom random_;
};

// All clocks have gone on by `d`.
Clocks Later(const Clocks& clocks, absl::Duration d) {
  return Clocks{.system = clocks.system + d,
                .not_before = clocks.not_before + d,
                .not_after = clocks.not_after + d,
                .waves_closed_until = clocks.waves_closed_until};
}

// Times in [0, whole) worth looking at: its ends, and some between.
std::vector<absl::Duration> Before(absl::Duration whole, RandomWorld& random) {
  const absl::Duration bounded = std::min(whole, absl::Hours(24 * 120));
  std::vector<absl::Duration> times = {bounded - absl::Nanoseconds(1), bounded / 2};
  for (int i = 0; i < 6; ++i) times.push_back(random.Span(bounded));
  return times;
}

TEST(ValidUntilTest, AnAdmissionDoesNotChangeBeforeIt) {
  const Seed seed = Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  TestWorld world;
  const CheckedManifest& manifest = world.Manifest("agent", 118);
  const Facts facts = TestFacts();
  int finite = 0;
  int exact = 0;
  for (uint64_t i = 0; i < 1'500; ++i) {
    RandomWorld random(seed.For("admission", i));
    const v1::Plan message = random.Plan(world, 1 + i, manifest);
    const absl::StatusOr<CheckedPlan> plan = world.TryPlan(message);
    ASSERT_TRUE(plan.ok()) << plan.status();
    for (int n = 0; n < 20; ++n) {
      const Clocks clocks = random.Now();
      const Admission answer = Admit(*plan, RandomWorld::Host(), facts, clocks);
      const absl::Duration valid = answer.valid_until - clocks.system;
      ASSERT_GT(valid, absl::ZeroDuration());
      for (const absl::Duration d : Before(valid, random)) {
        ASSERT_EQ(Admit(*plan, RandomWorld::Host(), facts, Later(clocks, d)).code, answer.code)
            << "case " << i << ", " << d << " of " << valid << '\n'
            << message.ShortDebugString();
      }
      if (valid == absl::InfiniteDuration()) continue;
      ++finite;
      const Admission then = Admit(*plan, RandomWorld::Host(), facts, Later(clocks, valid));
      if (then.code != answer.code) ++exact;
    }
  }
  // It is of use: in most cases something does change at that time.
  EXPECT_GT(exact * 2, finite);
}

TEST(ValidUntilTest, AnAdmissionOpensWhenItSays) {
  const Seed seed = Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  TestWorld world;
  const CheckedManifest& manifest = world.Manifest("agent", 118);
  const Facts facts = TestFacts();
  int opened = 0;
  for (uint64_t i = 0; i < 1'500; ++i) {
    RandomWorld random(seed.For("opens", i));
    const absl::StatusOr<CheckedPlan> plan = world.TryPlan(random.Plan(world, 1 + i, manifest));
    ASSERT_TRUE(plan.ok()) << plan.status();
    for (int n = 0; n < 10; ++n) {
      Clocks clocks = random.Now();
      clocks.not_before = clocks.not_after = clocks.system;
      const Admission answer = Admit(*plan, RandomWorld::Host(), facts, clocks);
      if (answer.admitted() || !answer.opens.has_value()) continue;
      const absl::Duration until = *answer.opens - clocks.not_before;
      ASSERT_GE(until, absl::ZeroDuration());
      ASSERT_TRUE(Admit(*plan, RandomWorld::Host(), facts, Later(clocks, until)).admitted())
          << "case " << i;
      const absl::Duration just_before = until - absl::Nanoseconds(1);
      ASSERT_FALSE(Admit(*plan, RandomWorld::Host(), facts, Later(clocks, just_before)).admitted())
          << "case " << i;
      ++opened;
    }
  }
  EXPECT_GT(opened, 100);
}

// The answer, without the evidence.
std::string AnswerOf(const Decision& decision) {
  std::string text = decision.stale ? "STALE" : "";
  for (const ProductDecision& product : decision.products) {
    text += ' ' + product.product + ' ' + v1::Refusal::Code_Name(product.code) + ' ' +
            product.manifest.ToHex() + ' ' + std::to_string(product.variant) + ' ' +
            product.plan.ToHex();
  }
  return text;
}

TEST(ValidUntilTest, ADecisionDoesNotChangeBeforeIt) {
  const Seed seed = Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  for (uint64_t i = 0; i < 300; ++i) {
    RandomWorld random(seed.For("decision", i));
    TestWorld world;
    TestHost host(world, RandomWorld::Host());
    const CheckedManifest& older = world.Manifest("agent", 117);
    const CheckedManifest& newer = world.Manifest("agent", 118, [](v1::Manifest& manifest) {
      *manifest.add_variants() = manifest.variants(0);
      manifest.mutable_variants(0)->set_filter("os = \"windows\"");
    });
    const CheckedPlan& base = world.Plan(1, older);
    const auto change = [&](v1::Plan& plan) {
      const v1::Plan made = random.Plan(world, plan.sequence(), newer);
      plan = made;
      plan.set_base(std::string(base.digest().bytes()));
    };
    const CheckedPlan& newest = world.Plan(2, newer, change);
    const CheckedPlan& hotfix = world.Plan(3, older, [&](v1::Plan& plan) {
      const v1::Plan made = random.Plan(world, plan.sequence(), older);
      plan = made;
      plan.set_stream("hotfix");
      plan.set_priority(static_cast<uint32_t>(random.Below(2)));
    });
    host.Hold(older);
    host.Hold(newer);
    host.Hold(StreamPlans{.newest = &newest, .base = &base});
    if (random.OneIn(2)) host.Hold(StreamPlans{.newest = &hotfix});
    if (random.OneIn(3)) host.Install(older);
    if (random.OneIn(3)) {
      host.Install(newer, static_cast<uint32_t>(random.Below(2)));
      host.state.products["agent"].variant_changed = Monday() + random.Span(absl::Hours(900));
    }
    for (int n = 0; n < 20; ++n) {
      const Clocks clocks = random.Now();
      const Decision decision = Decide(host.documents, host.view, clocks);
      const absl::Duration valid = decision.valid_until - clocks.system;
      ASSERT_GT(valid, absl::ZeroDuration());
      for (const absl::Duration d : Before(valid, random)) {
        ASSERT_EQ(AnswerOf(Decide(host.documents, host.view, Later(clocks, d))), AnswerOf(decision))
            << "case " << i << ", " << d << " of " << valid;
      }
    }
  }
}

}  // namespace
}  // namespace mig::rollout
