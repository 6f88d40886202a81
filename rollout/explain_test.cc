#include "rollout/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "rollout/cohort.h"
#include "rollout/testing/test_facts.h"
#include "rollout/testing/test_world.h"
#include "trust/trusted_state.h"

namespace mig::rollout {
namespace {

using ::testing::HasSubstr;
using testing::HostIdOf;
using testing::Monday;
using testing::Ms;
using testing::TestHost;
using testing::TestWorld;

class ExplainTest : public ::testing::Test {
 protected:
  ExplainTest() {
    host_.Hold(v117_);
    host_.Hold(v118_);
  }
  Explanation At(absl::Time now) { return At(Clocks::All(now)); }
  Explanation At(const Clocks& clocks) {
    const Decision decision = Decide(host_.documents, host_.view, clocks);
    return Explain(host_.documents, host_.view, clocks, *decision.product("agent"),
                   {.host_name = "lap-0193"});
  }

  TestWorld world_;
  const CheckedManifest& v117_ = world_.Manifest("agent", 117);
  const CheckedManifest& v118_ = world_.Manifest("agent", 118);
  TestHost host_{world_, HostIdOf('\1')};
};

TEST_F(ExplainTest, AHostThatWaitsForItsWave) {
  const CheckedPlan& plan = world_.Plan(61, v118_, [](v1::Plan& message) {
    message.set_filter("distribution = \"debian\" AND tags.site = \"ber\"");
    message.mutable_waves(0)->set_hi_ppm(10'000);
    message.mutable_waves(0)->set_name("early");
    v1::Wave& rest = *message.add_waves();
    rest.set_lo_ppm(10'000);
    rest.set_hi_ppm(1'000'000);
    rest.set_not_before_ms(Ms(Monday() + absl::Hours(24) + absl::Minutes(15)));
  });
  ASSERT_EQ(CohortPpm(CohortOf(plan.plan().cohort_seed(), HostIdOf('\1'))), 371'375u);
  host_.Hold(StreamPlans{.newest = &plan});
  host_.Install(v117_);

  const Explanation explanation = At(Monday() + absl::Hours(1));
  EXPECT_EQ(explanation.outlook, Outlook::kWill);
  EXPECT_EQ(ToText(explanation),
            "lap-0193 does NOT have agent 1.118.0; it will, not before Tue 2026-01-06 00:15 UTC\n"
            " + plan      'agent-61' (stream main, 61), names agent 1.118.0; runs until Mon "
            "2026-01-19 00:00 UTC\n"
            " + filter    distribution = \"debian\" AND tags.site = \"ber\"\n"
            "             + distribution = \"debian\": TRUE, this host has \"debian\"\n"
            "             + tags.site = \"ber\": TRUE, this host has \"ber\"\n"
            " x wave      cohort 0.3713 -> wave 2 (0.0100-1.0000), opens for it Tue 2026-01-06 "
            "00:15 UTC\n"
            " + release   variant 0 is for this host\n"
            " + path      has 1.117.0 (sequence 117, variant 0), no floor\n");
}

TEST_F(ExplainTest, TimesAreInTheZoneOfWhoAsks) {
  const CheckedPlan& plan = world_.Plan(61, v118_, [](v1::Plan& message) {
    message.mutable_waves(0)->set_not_before_ms(Ms(Monday() + absl::Hours(24)));
  });
  host_.Hold(StreamPlans{.newest = &plan});
  const Clocks clocks = Clocks::All(Monday());
  const Decision decision = Decide(host_.documents, host_.view, clocks);
  EXPECT_THAT(Explain(host_.documents, host_.view, clocks, *decision.product("agent"),
                      {.host_name = "lap", .zone = absl::FixedTimeZone(2 * 3600)})
                  .headline,
              HasSubstr("not before Tue 2026-01-06 02:00"));
}

TEST_F(ExplainTest, EveryOutcomeHasItsHeadline) {
  EXPECT_EQ(At(Monday()).headline, "lap-0193 gets no agent: no plan names it");
  EXPECT_EQ(At(Monday()).outlook, Outlook::kWillNot);

  host_.Hold(StreamPlans{.newest = &world_.Plan(61, v118_)});
  EXPECT_EQ(At(Monday()).headline,
            "lap-0193 does NOT have agent 1.118.0; it will, at its next check-in");
  EXPECT_EQ(At(Monday()).outlook, Outlook::kWill);

  host_.documents.streams[0].state = RolloutState::kHalted;
  EXPECT_EQ(At(Monday()).headline, "lap-0193 does NOT have agent 1.118.0; it will not: HALTED");
  EXPECT_EQ(At(Monday()).outlook, Outlook::kWillNot);
  EXPECT_THAT(ToText(At(Monday())), HasSubstr(" x rollout   halted"));

  host_.Install(v118_);
  EXPECT_EQ(At(Monday()).headline, "lap-0193 has agent 1.118.0");
  EXPECT_EQ(At(Monday()).outlook, Outlook::kHas);
}

TEST_F(ExplainTest, AFilterShowsWhatEachTermSaw) {
  host_.Hold(StreamPlans{.newest = &world_.Plan(61, v118_, [](v1::Plan& message) {
    message.set_filter("tags.site = \"muc\" OR model = \"T14\"");
  })});
  const Explanation explanation = At(Monday());
  EXPECT_EQ(explanation.headline, "lap-0193 does NOT have agent 1.118.0; it will not: NOT_MATCHED");
  EXPECT_THAT(ToText(explanation),
              HasSubstr(" ? filter    tags.site = \"muc\" OR model = \"T14\"\n"
                        "             x tags.site = \"muc\": FALSE, this host has \"ber\"\n"
                        "             ? model = \"T14\": UNKNOWN, this host does not say\n"));
  // Nothing is said of waves that do not matter to it.
  EXPECT_EQ(ToText(explanation).find("cohort"), std::string::npos);
}

TEST_F(ExplainTest, ABadReleaseIsNamedWithTheWayOut) {
  host_.Hold(StreamPlans{.newest = &world_.Plan(61, v118_)});
  host_.Install(v117_);
  trust::MarkBad(host_.state.products["agent"], {.manifest = v118_.digest(),
                                                 .code = v1::Refusal::EXIT,
                                                 .plan_issued = Monday(),
                                                 .exit_status = 139});
  const Explanation explanation = At(Monday());
  EXPECT_EQ(explanation.headline, "lap-0193 does NOT have agent 1.118.0; it will not: BAD_HERE");
  EXPECT_THAT(
      ToText(explanation),
      HasSubstr(" x release   agent 1.118.0 failed on this host (EXIT_139); sign a new plan that "
                "says `retry`, or a new release\n"));
}

TEST_F(ExplainTest, CanaryHoldbackHoldWindowAndClockHaveTheirLines) {
  const auto text = [&](const TestWorld::PlanChange& change, const Clocks& clocks) {
    host_.documents.streams.clear();
    host_.Hold(StreamPlans{.newest = &world_.Plan(61, v118_, change)});
    return ToText(At(clocks));
  };
  const Clocks now = Clocks::All(Monday());
  EXPECT_THAT(text(
                  [](v1::Plan& plan) {
                    plan.mutable_canaries()->add_host_ids(std::string(32, '\1'));
                    plan.mutable_canaries()->set_not_before_ms(Ms(Monday()));
                    plan.mutable_waves(0)->set_not_before_ms(Ms(Monday() + absl::Hours(2)));
                  },
                  now),
              HasSubstr(" + canary    named in the plan, from Mon 2026-01-05 00:00 UTC\n"));
  EXPECT_THAT(text([](v1::Plan& plan) { plan.set_holdback_ppm(900'000); }, now),
              HasSubstr(" x holdback  cohort 0.3713 -> a control: the last 0.9000 wait for the "
                        "baseline, opens for it Mon 2026-01-05 01:00 UTC\n"));
  EXPECT_THAT(text(
                  [](v1::Plan& plan) {
                    plan.mutable_waves(0)->set_hold(true);
                    plan.clear_baseline_until_ms();
                  },
                  now),
              HasSubstr(" x wave      cohort 0.3713 -> a wave on hold"));
  EXPECT_THAT(text(
                  [](v1::Plan& plan) {
                    plan.mutable_window()->set_days(1 << 4);
                    plan.mutable_window()->set_start_minute(125);
                    plan.mutable_window()->set_length_minutes(90);
                  },
                  now),
              HasSubstr(" x window    local 02:05, 90 minutes long, closed now\n"));
  Clocks jumped = now;
  jumped.waves_closed_until = Monday() + absl::Hours(24);
  EXPECT_THAT(
      text([](v1::Plan&) {}, jumped),
      HasSubstr(" x clock     it stepped forward; no wave opens before Tue 2026-01-06 00:00 "
                "UTC\n"));
}

TEST_F(ExplainTest, WhatStandsMeanwhileIsExplainedToo) {
  const CheckedPlan& base = world_.Plan(60, v117_);
  const CheckedPlan& newest = world_.Plan(61, v118_, [&](v1::Plan& plan) {
    plan.set_base(std::string(base.digest().bytes()));
    plan.mutable_waves(0)->set_not_before_ms(Ms(Monday() + absl::Hours(72)));
  });
  host_.Hold(StreamPlans{.newest = &newest, .base = &base});
  const std::string text = ToText(At(Monday() + absl::Hours(2)));
  EXPECT_THAT(text, HasSubstr("does NOT have agent 1.117.0; it will, at its next check-in\n"));
  EXPECT_THAT(text, HasSubstr("'agent-60' (stream main, 60), the base of its stream, names agent "
                              "1.117.0; baseline until"));
  EXPECT_THAT(text, HasSubstr("'agent-61' (stream main, 61), names agent 1.118.0; runs until"));
}

TEST_F(ExplainTest, AVersionTextIsEscaped) {  // ADVERSARY 159, 160
  const CheckedManifest& odd = world_.Manifest(
      "agent", 120, [](v1::Manifest& manifest) { manifest.set_version("4.2\"; DROP"); });
  host_.Hold(odd);
  host_.Hold(StreamPlans{.newest = &world_.Plan(61, odd)});
  EXPECT_THAT(At(Monday()).headline, HasSubstr("agent 4.2\\\"; DROP; it will"));
}

}  // namespace
}  // namespace mig::rollout
