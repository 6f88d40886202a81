#include "rollout/plan_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "rollout/checked_plan.h"
#include "rollout/testing/test_world.h"
#include "trust/refusal.h"

namespace mig::rollout {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::Monday;
using testing::Ms;
using ::testing::StartsWith;
using testing::TestWorld;

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kDayMs = 24 * kHourMs;

// Least soak 1 h, largest share 50 %, longest life 30 d, longest baseline 90 d.
TestWorld StrictWorld() {
  return TestWorld([](v1::Root& root) {
    root.mutable_plan_rules()->set_least_soak_ms(kHourMs);
    root.mutable_plan_rules()->set_largest_share_ppm(500'000);
    root.mutable_plan_rules()->set_longest_life_ms(30 * kDayMs);
    root.mutable_plan_rules()->set_longest_baseline_ms(90 * kDayMs);
  });
}

void SetWave(v1::Wave& wave, uint32_t lo_ppm, uint32_t hi_ppm, int64_t after_ms) {
  wave.set_lo_ppm(lo_ppm);
  wave.set_hi_ppm(hi_ppm);
  wave.set_not_before_ms(Ms(Monday()) + after_ms);
}

class PlanRulesTest : public ::testing::Test {
 protected:
  // Three waves, everything exactly at its bound: canaries for 1 h, 0-50 % ramping for 2 h and
  // soaking for 3 h, 50-100 %, then the same hosts again; the baseline begins when it expires.
  v1::Plan Tight() {
    v1::Plan plan = world_.PlanMessage(61, world_.Manifest("agent", 7));
    plan.set_name("agent-4.2");
    plan.mutable_canaries()->add_host_ids(std::string(32, 'c'));
    plan.mutable_canaries()->set_not_before_ms(Ms(Monday()));
    SetWave(*plan.mutable_waves(0), 0, 500'000, kHourMs);
    plan.mutable_waves(0)->set_ramp_ms(2 * kHourMs);
    plan.mutable_waves(0)->set_soak_ms(3 * kHourMs);
    plan.mutable_waves(0)->set_name("early");
    SetWave(*plan.add_waves(), 500'000, 1'000'000, 6 * kHourMs);
    SetWave(*plan.add_waves(), 1'000'000, 1'000'000, 7 * kHourMs);
    plan.mutable_waves(2)->set_name("rest");
    plan.set_expires_ms(Ms(Monday()) + 8 * kHourMs);
    plan.set_baseline_until_ms(Ms(Monday()) + 90 * kDayMs);
    return plan;
  }

  // "CODE message", or "accepted".
  std::string Judge(const std::function<void(v1::Plan&)>& change) {
    v1::Plan plan = Tight();
    change(plan);
    const absl::StatusOr<CheckedPlan> checked = world_.TryPlan(plan);
    if (checked.ok()) return "accepted";
    const auto code = trust::RefusalOf(checked.status());
    return absl::StrCat(code.has_value() ? v1::Refusal::Code_Name(*code) : "no code", " ",
                        checked.status().message());
  }

  TestWorld world_ = StrictWorld();
};

TEST_F(PlanRulesTest, APlanAtEveryBoundIsAccepted) {
  EXPECT_EQ(Judge([](v1::Plan&) {}), "accepted");
}

TEST_F(PlanRulesTest, LongestLife) {  // ADVERSARY 60
  const auto lives = [&](int64_t ms) {
    return Judge([ms](v1::Plan& plan) { plan.set_expires_ms(plan.issued_ms() + ms); });
  };
  EXPECT_EQ(lives(30 * kDayMs), "accepted");
  EXPECT_THAT(lives(30 * kDayMs + 1),
              AllOf(StartsWith("PLAN_RULES plan 'agent-4.2' (stream main, 61) breaks a plan rule"),
                    HasSubstr("the root's longest life is 720h")));
}

TEST_F(PlanRulesTest, AWaveBeginsWhereEarlierOnesReach) {
  EXPECT_THAT(Judge([](v1::Plan& plan) { plan.mutable_waves(0)->set_lo_ppm(1); }),
              HasSubstr("wave 1 (early) begins at 1 ppm, but earlier waves for the same hosts only "
                        "reach 0 ppm"));
  EXPECT_THAT(Judge([](v1::Plan& plan) { plan.mutable_waves(1)->set_lo_ppm(500'001); }),
              HasSubstr("wave 2 begins at 500001 ppm"));
  EXPECT_EQ(Judge([](v1::Plan& plan) { plan.mutable_waves(1)->set_lo_ppm(3); }), "accepted");
}

TEST_F(PlanRulesTest, LargestShare) {  // ADVERSARY 60
  EXPECT_THAT(Judge([](v1::Plan& plan) { plan.mutable_waves(0)->set_hi_ppm(500'001); }),
              AllOf(StartsWith("PLAN_RULES"),
                    HasSubstr("wave 1 (early) adds 500001 ppm to the 0 ppm before it, the root's "
                              "largest share is 500000 ppm")));
  EXPECT_THAT(Judge([](v1::Plan& plan) {
                plan.mutable_waves(0)->set_hi_ppm(499'999);
                plan.mutable_waves(1)->set_lo_ppm(0);
              }),
              HasSubstr("wave 2 adds 500001 ppm to the 499999 ppm"));
}

TEST_F(PlanRulesTest, OnlyWavesForAllOrTheSameHostsCountAsReached) {
  // A wave for Debian hosts says nothing of what a wave for all has reached.
  EXPECT_THAT(
      Judge([](v1::Plan& plan) { plan.mutable_waves(0)->set_filter("distribution = \"debian\""); }),
      HasSubstr("wave 2 begins at 500000 ppm, but earlier waves for the same hosts only "
                "reach 0 ppm"));
  EXPECT_EQ(Judge([](v1::Plan& plan) {
              for (v1::Wave& wave : *plan.mutable_waves()) {
                wave.set_filter("distribution = \"debian\"");
              }
            }),
            "accepted");
  // A wave for all is one for Debian hosts too.
  EXPECT_EQ(Judge([](v1::Plan& plan) {
              plan.mutable_waves(1)->set_filter("distribution = \"debian\"");
              plan.mutable_waves(2)->set_filter("distribution = \"debian\"");
            }),
            "accepted");
  // The same hosts in other words are other bytes.
  EXPECT_THAT(Judge([](v1::Plan& plan) {
                plan.mutable_waves(0)->set_filter("os = \"a\" OR os = \"b\"");
                plan.mutable_waves(1)->set_filter("os = \"b\" OR os = \"a\"");
              }),
              HasSubstr("only reach 0 ppm"));
}

TEST_F(PlanRulesTest, WavesAreApartByRampAndSoak) {  // ADVERSARY 60
  EXPECT_THAT(Judge([](v1::Plan& plan) {
                plan.mutable_waves(1)->set_not_before_ms(Ms(Monday()) + 6 * kHourMs - 1);
              }),
              AllOf(StartsWith("PLAN_RULES"), HasSubstr("wave 2 opens at 2026-01-05 05:59:59.999"),
                    HasSubstr("wave 1 (early) has ramped at 2026-01-05 03:00:00.000 UTC and soaks "
                              "3h"),
                    HasSubstr("not before 2026-01-05 06:00:00.000 UTC")));
}

TEST_F(PlanRulesTest, LeastSoakHoldsWhereAWaveHasLess) {  // ADVERSARY 60
  EXPECT_THAT(Judge([](v1::Plan& plan) {
                plan.mutable_waves(2)->set_not_before_ms(Ms(Monday()) + 7 * kHourMs - 1);
              }),
              AllOf(HasSubstr("wave 3 (rest) opens at"), HasSubstr("its own soak is 0"),
                    HasSubstr("the least soak 1h")));
}

TEST_F(PlanRulesTest, TheFirstWaveWaitsForTheCanaries) {
  EXPECT_THAT(Judge([](v1::Plan& plan) {
                plan.mutable_waves(0)->set_not_before_ms(Ms(Monday()) + kHourMs - 1);
              }),
              HasSubstr("wave 1 (early) opens at 2026-01-05 00:59:59.999 UTC, but the canaries"));
  EXPECT_THAT(Judge([](v1::Plan& plan) { plan.mutable_canaries()->set_soak_ms(kHourMs + 1); }),
              HasSubstr("soaks 1h0.001s"));
  // Absent canaries bind nothing.
  EXPECT_EQ(Judge([](v1::Plan& plan) {
              plan.clear_canaries();
              plan.mutable_waves(0)->set_not_before_ms(Ms(Monday()));
            }),
            "accepted");
}

TEST_F(PlanRulesTest, TheBaselineBeginsBeforeThePlanExpires) {
  EXPECT_THAT(Judge([](v1::Plan& plan) { plan.set_expires_ms(plan.expires_ms() - 1); }),
              HasSubstr("its last wave has ramped and soaked at 2026-01-05 08:00:00.000 UTC, after "
                        "it expires at 2026-01-05 07:59:59.999 UTC"));
  EXPECT_THAT(Judge([](v1::Plan& plan) { plan.mutable_waves(2)->set_soak_ms(kHourMs + 1); }),
              HasSubstr("2026-01-05 08:00:00.001"));
  // A plan that never becomes a baseline may end while it soaks.
  EXPECT_EQ(Judge([](v1::Plan& plan) {
              plan.set_expires_ms(plan.expires_ms() - 1);
              plan.clear_baseline_until_ms();
            }),
            "accepted");
}

TEST_F(PlanRulesTest, LongestBaseline) {
  EXPECT_THAT(
      Judge([](v1::Plan& plan) { plan.set_baseline_until_ms(plan.issued_ms() + 90 * kDayMs + 1); }),
      AllOf(StartsWith("PLAN_RULES"), HasSubstr("the root's longest baseline is 2160h")));
}

// Rules that need no root are refused at the signature check already; here that they are.
TEST_F(PlanRulesTest, RulesThatNeedNoRoot) {
  const auto refused = [&](const std::function<void(v1::Plan&)>& change) {
    EXPECT_NE(Judge(change), "accepted");
  };
  refused([](v1::Plan& plan) { plan.set_first_issued_ms(plan.issued_ms() + 1); });
  refused([](v1::Plan& plan) { plan.set_expires_ms(plan.issued_ms()); });
  refused([](v1::Plan& plan) {
    plan.mutable_canaries()->set_not_before_ms(plan.first_issued_ms() - 1);
  });
  refused([](v1::Plan& plan) {
    plan.clear_canaries();
    plan.mutable_waves(0)->set_not_before_ms(plan.first_issued_ms() - 1);
  });
  refused([](v1::Plan& plan) {
    plan.clear_waves();
    plan.clear_canaries();
    plan.clear_baseline_until_ms();
  });
  refused([](v1::Plan& plan) { plan.mutable_waves(2)->set_hi_ppm(1'000'001); });
  refused([](v1::Plan& plan) { plan.mutable_waves(1)->set_hi_ppm(499'999); });
  refused([](v1::Plan& plan) { plan.set_baseline_until_ms(plan.expires_ms() - 1); });
  refused([](v1::Plan& plan) { plan.mutable_waves(2)->set_hold(true); });
  refused([](v1::Plan& plan) { plan.clear_waves(); });
  refused([](v1::Plan& plan) { plan.mutable_waves(0)->set_ramp_ms(int64_t{1} << 32); });
}

TEST_F(PlanRulesTest, OverflowIsRefused) {   // ADVERSARY 35
  const int64_t last = 253'402'300'799'999;  // the last millisecond of the year 9999
  for (const int64_t late : {last, last - kHourMs + 1}) {
    EXPECT_NE(Judge([late](v1::Plan& plan) { plan.mutable_waves(2)->set_not_before_ms(late); }),
              "accepted");
    EXPECT_THAT(
        Judge([late](v1::Plan& plan) {
          plan.mutable_waves(2)->set_not_before_ms(late);
          plan.clear_baseline_until_ms();
        }),
        HasSubstr("wave 3 (rest): not_before, ramp and soak together are after the year 9999"));
  }
}

TEST_F(PlanRulesTest, EmergencyEscapesExactlyTheFourBounds) {
  const auto emergency = [&](const std::function<void(v1::Plan&)>& change) {
    return Judge([&](v1::Plan& plan) {
      plan.set_emergency(true);
      change(plan);
    });
  };
  // Longest life and longest baseline.
  EXPECT_EQ(emergency([](v1::Plan& plan) {
              plan.set_expires_ms(plan.issued_ms() + 31 * kDayMs);
              plan.set_baseline_until_ms(plan.issued_ms() + 91 * kDayMs);
            }),
            "accepted");
  // Least soak: the waves' own soaks still hold.
  EXPECT_EQ(emergency([](v1::Plan& plan) {
              plan.mutable_waves(0)->set_not_before_ms(Ms(Monday()));
              plan.mutable_waves(1)->set_not_before_ms(Ms(Monday()) + 5 * kHourMs);
              plan.mutable_waves(2)->set_not_before_ms(Ms(Monday()) + 5 * kHourMs);
              plan.set_expires_ms(Ms(Monday()) + 5 * kHourMs);
            }),
            "accepted");
  // Largest share.
  EXPECT_EQ(emergency([](v1::Plan& plan) { plan.mutable_waves(0)->set_hi_ppm(1'000'000); }),
            "accepted");
  // Never the rest.
  EXPECT_THAT(emergency([](v1::Plan& plan) { plan.mutable_waves(0)->set_lo_ppm(1); }),
              HasSubstr("begins at 1 ppm"));
  EXPECT_THAT(emergency([](v1::Plan& plan) {
                plan.mutable_waves(1)->set_not_before_ms(Ms(Monday()) + 6 * kHourMs - 1);
              }),
              HasSubstr("wave 2 opens at"));
  EXPECT_THAT(
      emergency([](v1::Plan& plan) { plan.set_expires_ms(Ms(Monday()) + 7 * kHourMs - 1); }),
      HasSubstr("after it expires at"));
  EXPECT_THAT(emergency([](v1::Plan& plan) { plan.set_filter("release.agent:\"*\""); }),
              StartsWith("FILTER"));
}

TEST_F(PlanRulesTest, EmergencyAtTheOrdinaryThresholdIsRefused) {  // ADVERSARY 61
  v1::Plan plan = Tight();
  plan.set_emergency(true);
  const std::string envelope = world_.authority().SignPayload(
      trust::DocumentType::kPlan, plan.SerializeAsString(), trust::RoleKind::kRollout, 2);
  const auto verified = trust::Verify<trust::Plan>(envelope, world_.authority().VerifiedRoot());
  EXPECT_EQ(trust::RefusalOf(verified.status()), v1::Refusal::SIGNATURES);
}

TEST_F(PlanRulesTest, FiltersAreCanonicalAndDoNotReadTheirOwnItems) {  // ADVERSARY 49
  EXPECT_THAT(Judge([](v1::Plan& plan) { plan.set_filter("os=\"linux\""); }),
              AllOf(StartsWith("FILTER plan 'agent-4.2', its filter: "),
                    HasSubstr("must be canonical text")));
  EXPECT_THAT(Judge([](v1::Plan& plan) {
                for (v1::Wave& wave : *plan.mutable_waves()) wave.set_filter("colour = \"red\"");
              }),
              StartsWith("FILTER plan 'agent-4.2', the filter of wave 1: "));
  EXPECT_THAT(Judge([](v1::Plan& plan) { plan.set_filter("labels.site = \"ber\""); }),
              HasSubstr("may not read 'labels.site'"));
  EXPECT_THAT(Judge([](v1::Plan& plan) { plan.set_filter("NOT release.agent >= \"4.2\""); }),
              HasSubstr("it reads release.agent, which the plan itself changes"));
  EXPECT_EQ(Judge([](v1::Plan& plan) { plan.set_filter("release.loader >= \"1.9\""); }),
            "accepted");
}

TEST_F(PlanRulesTest, BaselineBeginsWhenAllWavesHaveRampedAndSoaked) {
  EXPECT_EQ(world_.TryPlan(Tight())->baseline_begin(), Monday() + absl::Hours(8));

  v1::Plan longest_in_the_middle = Tight();
  longest_in_the_middle.mutable_waves(0)->set_soak_ms(kHourMs);
  longest_in_the_middle.mutable_waves(0)->set_ramp_ms(0);
  EXPECT_EQ(world_.TryPlan(longest_in_the_middle)->baseline_begin(), Monday() + absl::Hours(8));

  v1::Plan never = Tight();
  never.clear_baseline_until_ms();
  EXPECT_EQ(world_.TryPlan(never)->baseline_begin(), std::nullopt);
  never.mutable_waves(2)->set_hold(true);
  EXPECT_EQ(world_.TryPlan(never)->baseline_begin(), std::nullopt);
  never.clear_waves();
  EXPECT_EQ(world_.TryPlan(never)->baseline_begin(), std::nullopt);
}

TEST_F(PlanRulesTest, PhasesEndByExpiryAndThenByBaselineUntil) {
  const CheckedPlan plan = *world_.TryPlan(Tight());
  const absl::Time begin = Monday() + absl::Hours(8);
  const auto phase = [&](absl::Time not_before, absl::Time not_after,
                         Moment moment = Moment::kVerify) {
    return plan.PhaseAt({.system = not_before, .not_before = not_before, .not_after = not_after},
                        moment);
  };
  const absl::Duration tick = absl::Milliseconds(1);
  EXPECT_EQ(phase(begin - tick, begin - tick), PlanPhase::kRunning);
  EXPECT_EQ(phase(begin, begin), PlanPhase::kBaseline);
  // The not-after clock is ahead of the not-before clock: `expires` still counts.
  EXPECT_EQ(phase(begin - tick, begin), PlanPhase::kEnded);
  EXPECT_EQ(phase(begin - tick, begin, Moment::kCommit), PlanPhase::kRunning);
  const absl::Time until = Monday() + absl::Hours(24 * 90);
  EXPECT_EQ(phase(begin, until - tick), PlanPhase::kBaseline);
  EXPECT_EQ(phase(begin, until), PlanPhase::kEnded);
  EXPECT_EQ(phase(begin, until, Moment::kCommit), PlanPhase::kBaseline);
}

TEST_F(PlanRulesTest, AManifestsVariantsAreCheckedToo) {  // ADVERSARY 74
  const auto make = [&](absl::string_view filter) {
    v1::Manifest manifest = world_.authority().Manifest("agent", 9, {{"file", "x"}});
    manifest.mutable_variants(0)->set_filter(std::string(filter));
    return CheckedManifest::Make(world_.authority().Verified(manifest));
  };
  EXPECT_TRUE(make("os = \"linux\"").ok());
  for (const absl::string_view filter : {"os=\"linux\"", "hostname = \"a\"", "os"}) {
    const absl::StatusOr<CheckedManifest> manifest = make(filter);
    EXPECT_EQ(trust::RefusalOf(manifest.status()), v1::Refusal::FILTER);
    EXPECT_THAT(std::string(manifest.status().message()),
                AllOf(HasSubstr("manifest of agent"), HasSubstr("variant 0: ")));
  }
}

}  // namespace
}  // namespace mig::rollout
