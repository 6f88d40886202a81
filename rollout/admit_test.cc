#include "rollout/admit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>

#include "rollout/cohort.h"
#include "rollout/testing/test_facts.h"
#include "rollout/testing/test_world.h"
#include "trust/times.h"

namespace mig::rollout {
namespace {

using testing::Monday;
using testing::Ms;
using testing::TestEnvironment;
using testing::TestFacts;
using testing::TestWorld;

constexpr absl::Duration kTick = absl::Milliseconds(1);

// The first host of a fixed line whose cohort under `plan` is in [from_ppm, to_ppm).
trust::HostId HostIn(const CheckedPlan& plan, uint32_t from_ppm, uint32_t to_ppm) {
  for (uint64_t n = 0;; ++n) {
    const trust::HostId id = trust::testing::TestHostId(n);
    const uint32_t ppm = CohortPpm(CohortOf(plan.plan().cohort_seed(), id));
    if (from_ppm <= ppm && ppm < to_ppm) return id;
  }
}

class AdmitTest : public ::testing::Test {
 protected:
  // Debian hosts: 0-2 % ramping for 8 h from Tuesday on, 2-50 % from Thursday, the rest from
  // Saturday.
  const CheckedPlan& ThreeWaves(const std::function<void(v1::Plan&)>& change = [](v1::Plan&) {}) {
    return world_.Plan(++sequence_, manifest_, [&](v1::Plan& plan) {
      plan.set_filter("distribution = \"debian\"");
      plan.clear_waves();
      AddWave(plan, 0, 20'000, absl::Hours(24)).set_ramp_ms(Ms(absl::Hours(8)));
      AddWave(plan, 20'000, 500'000, absl::Hours(72));
      AddWave(plan, 500'000, 1'000'000, absl::Hours(120));
      change(plan);
    });
  }

  static v1::Wave& AddWave(v1::Plan& plan, uint32_t lo, uint32_t hi, absl::Duration after) {
    v1::Wave& wave = *plan.add_waves();
    wave.set_lo_ppm(lo);
    wave.set_hi_ppm(hi);
    wave.set_not_before_ms(Ms(Monday() + after));
    return wave;
  }

  Admission At(const CheckedPlan& plan, const trust::HostId& host, absl::Time now) {
    return Admit(plan, host, facts_, Clocks::All(now));
  }

  TestWorld world_;
  uint64_t sequence_ = 0;
  const CheckedManifest& manifest_ = world_.Manifest("agent", 118);
  Facts facts_ = TestFacts();
};

TEST_F(AdmitTest, ANotMatchedHostIsRefusedForEver) {  // ADVERSARY 48
  const CheckedPlan& plan = ThreeWaves();
  v1::Environment environment = TestEnvironment();
  for (const std::string distribution : {"ubuntu", ""}) {  // FALSE and UNKNOWN
    environment.set_distribution(distribution);
    const Admission answer = Admit(plan, HostIn(plan, 0, 100), TestFacts(environment),
                                   Clocks::All(Monday() + absl::Hours(150)));
    EXPECT_EQ(answer.code, v1::Refusal::NOT_MATCHED);
    EXPECT_EQ(answer.filter, distribution.empty() ? Truth::kUnknown : Truth::kFalse);
    EXPECT_EQ(answer.valid_until, absl::InfiniteFuture());
  }
}

// ADVERSARY 50: refused with the time it begins; one moment later accepted.
TEST_F(AdmitTest, AWaveThatHasNotBegunIsRefusedWithItsTime) {
  const CheckedPlan& plan = ThreeWaves();
  const trust::HostId host = HostIn(plan, 100'000, 500'000);
  const absl::Time opens = Monday() + absl::Hours(72);

  const Admission early = At(plan, host, opens - kTick);
  EXPECT_EQ(early.code, v1::Refusal::TOO_EARLY);
  EXPECT_EQ(early.opens, opens);
  EXPECT_EQ(early.wave, 1u);
  EXPECT_EQ(early.valid_until, opens);

  const Admission admitted = At(plan, host, opens);
  EXPECT_TRUE(admitted.admitted());
  EXPECT_EQ(admitted.wave, 1u);
}

TEST_F(AdmitTest, ARampOpensForEachCohortAtItsOwnMillisecond) {  // ADVERSARY 51
  const CheckedPlan& plan = ThreeWaves();
  const trust::HostId host = HostIn(plan, 5'000, 15'000);
  const uint64_t cohort = CohortOf(plan.plan().cohort_seed(), host);
  const absl::Time begin = Monday() + absl::Hours(24);

  const absl::Time opens = *At(plan, host, begin).opens;
  const int64_t elapsed = absl::ToInt64Milliseconds(opens - begin);
  EXPECT_LT(cohort, Threshold(plan.ramp(0), elapsed));
  EXPECT_GE(cohort, Threshold(plan.ramp(0), elapsed - 1));
  EXPECT_EQ(At(plan, host, opens - kTick).code, v1::Refusal::TOO_EARLY);
  EXPECT_TRUE(At(plan, host, opens).admitted());
}

TEST_F(AdmitTest, TheNotBeforeClockDecidesNotTheSystemClock) {  // ADVERSARY 54
  const CheckedPlan& plan = ThreeWaves();
  const trust::HostId host = HostIn(plan, 600'000, 900'000);
  const absl::Time now = Monday() + absl::Hours(1);
  const absl::Time year_ahead = now + absl::Hours(24 * 365);
  // The host's clock is a year ahead, the coordinator's is right; and the other way round.
  for (const auto& [system, issued] : {std::pair(year_ahead, now), std::pair(now, year_ahead)}) {
    const Clocks clocks = {
        .system = system, .not_before = trust::NotBeforeNow(system, issued), .not_after = now};
    EXPECT_EQ(Admit(plan, host, facts_, clocks).code, v1::Refusal::TOO_EARLY);
  }
}

TEST_F(AdmitTest, AJumpedClockClosesEverything) {  // ADVERSARY 55
  const CheckedPlan& plan = ThreeWaves([](v1::Plan& plan) {
    plan.mutable_canaries()->add_host_ids(std::string(32, 'c'));
    plan.mutable_canaries()->set_not_before_ms(Ms(Monday()));
  });
  const absl::Time now = Monday() + absl::Hours(121);
  Clocks clocks = Clocks::All(now);
  clocks.waves_closed_until = now + absl::Hours(24);
  for (const trust::HostId& host :
       {*trust::HostId::FromBytes(std::string(32, 'c')), HostIn(plan, 0, 900'000)}) {
    const Admission answer = Admit(plan, host, facts_, clocks);
    EXPECT_EQ(answer.code, v1::Refusal::WAVES_CLOSED);
    EXPECT_TRUE(answer.waves_closed);
    EXPECT_EQ(answer.opens, clocks.waves_closed_until);
    EXPECT_LE(answer.valid_until, clocks.waves_closed_until);
  }
  clocks.waves_closed_until = now;
  EXPECT_TRUE(Admit(plan, HostIn(plan, 0, 900'000), facts_, clocks).admitted());
}

TEST_F(AdmitTest, CanariesEscapeCohortHoldbackAndWaveFiltersOnly) {
  const std::string id(32, 'c');
  const trust::HostId canary = *trust::HostId::FromBytes(id);
  const auto with = [&](const std::function<void(v1::Plan&)>& change) -> const CheckedPlan& {
    return ThreeWaves([&](v1::Plan& plan) {
      plan.mutable_canaries()->add_host_ids(id);
      plan.mutable_canaries()->set_not_before_ms(Ms(Monday() + absl::Hours(2)));
      plan.set_holdback_ppm(1'000'000);
      for (v1::Wave& wave : *plan.mutable_waves()) wave.set_filter("os = \"other\"");
      change(plan);
    });
  };
  const CheckedPlan& plan = with([](v1::Plan&) {});
  EXPECT_EQ(At(plan, canary, Monday() + absl::Hours(2) - kTick).code, v1::Refusal::TOO_EARLY);
  const Admission answer = At(plan, canary, Monday() + absl::Hours(2));
  EXPECT_TRUE(answer.admitted());
  EXPECT_TRUE(answer.canary);
  EXPECT_EQ(answer.wave, std::nullopt);

  const CheckedPlan& other_hosts = with([](v1::Plan& p) { p.set_filter("os = \"windows\""); });
  EXPECT_EQ(At(other_hosts, canary, Monday() + absl::Hours(3)).code, v1::Refusal::NOT_MATCHED);
  const CheckedPlan& at_night = with([](v1::Plan& p) {
    p.mutable_window()->set_days(127);
    p.mutable_window()->set_length_minutes(60);
  });
  EXPECT_EQ(At(at_night, canary, Monday() + absl::Hours(3)).code, v1::Refusal::WINDOW);
}

TEST_F(AdmitTest, AClaimToBeACanaryIsNotEnough) {  // ADVERSARY 53
  const CheckedPlan& plan = ThreeWaves([](v1::Plan& p) {
    p.mutable_canaries()->add_host_ids(std::string(32, 'c'));
    p.mutable_canaries()->set_not_before_ms(Ms(Monday()));
  });
  const trust::HostId host = HostIn(plan, 500'000, 1'000'000);
  EXPECT_EQ(At(plan, host, Monday() + absl::Hours(3)).code, v1::Refusal::TOO_EARLY);
  EXPECT_EQ(At(plan, host, Monday() + absl::Hours(3)).opens, Monday() + absl::Hours(120));
}

TEST_F(AdmitTest, ControlsAreHeldBackUntilTheBaseline) {
  const CheckedPlan& plan = ThreeWaves([](v1::Plan& p) { p.set_holdback_ppm(20'000); });
  const trust::HostId control = HostIn(plan, 980'001, 1'000'000);
  const trust::HostId other = HostIn(plan, 900'000, 979'999);
  const absl::Time begin = Monday() + absl::Hours(121);
  ASSERT_EQ(plan.baseline_begin(), begin);

  const Admission held = At(plan, control, begin - kTick);
  EXPECT_EQ(held.code, v1::Refusal::HELD_BACK);
  EXPECT_EQ(held.opens, begin);
  EXPECT_EQ(held.valid_until, begin);
  EXPECT_TRUE(At(plan, other, begin - kTick).admitted());

  const Admission admitted = At(plan, control, begin);
  EXPECT_TRUE(admitted.admitted());
  EXPECT_EQ(admitted.phase, PlanPhase::kBaseline);
  EXPECT_FALSE(admitted.held_back);
}

TEST_F(AdmitTest, ControlsOfAPlanThatNeverBecomesABaselineWaitForEver) {
  const CheckedPlan& plan = ThreeWaves([](v1::Plan& p) {
    p.set_holdback_ppm(20'000);
    p.clear_baseline_until_ms();
  });
  const Admission held = At(plan, HostIn(plan, 980'001, 1'000'000), Monday() + absl::Hours(200));
  EXPECT_EQ(held.code, v1::Refusal::HELD_BACK);
  EXPECT_EQ(held.opens, std::nullopt);
}

TEST_F(AdmitTest, AHoldWaveStaysShut) {  // ADVERSARY 61
  const CheckedPlan& plan = ThreeWaves([](v1::Plan& p) {
    p.mutable_waves(2)->set_hold(true);
    p.clear_baseline_until_ms();
  });
  const Admission held = At(plan, HostIn(plan, 500'001, 1'000'000), Monday() + absl::Hours(200));
  EXPECT_EQ(held.code, v1::Refusal::HOLD);
  EXPECT_EQ(held.opens, std::nullopt);
  EXPECT_TRUE(At(plan, HostIn(plan, 0, 499'999), Monday() + absl::Hours(200)).admitted());
}

TEST_F(AdmitTest, WhatNoWaveCoversIsNeverAdmitted) {  // ADVERSARY 51: an empty wave
  const CheckedPlan& plan = ThreeWaves([](v1::Plan& p) {
    p.mutable_waves(2)->set_lo_ppm(0);
    p.mutable_waves(2)->set_hi_ppm(1);
  });
  const Admission answer = At(plan, HostIn(plan, 500'001, 1'000'000), Monday() + absl::Hours(200));
  EXPECT_EQ(answer.code, v1::Refusal::TOO_EARLY);
  EXPECT_EQ(answer.opens, std::nullopt);
  EXPECT_EQ(answer.wave, std::nullopt);
}

TEST_F(AdmitTest, AnyWaveWhoseFilterMatchesAdmits) {
  const CheckedPlan& plan = ThreeWaves([](v1::Plan& p) {
    p.clear_waves();
    AddWave(p, 0, 300'000, absl::Hours(1)).set_filter("tags.site = \"muc\"");
    AddWave(p, 0, 300'000, absl::Hours(10)).set_filter("tags.site = \"ber\"");
    AddWave(p, 0, 300'000, absl::Hours(20));
  });
  const Admission answer = At(plan, HostIn(plan, 100'000, 300'000), Monday() + absl::Hours(2));
  EXPECT_EQ(answer.code, v1::Refusal::TOO_EARLY);
  EXPECT_EQ(answer.wave, 1u);
  EXPECT_EQ(answer.opens, Monday() + absl::Hours(10));
}

TEST_F(AdmitTest, TheWindowIsTheHostsLocalTime) {
  const CheckedPlan& plan = ThreeWaves([](v1::Plan& p) {
    p.mutable_window()->set_days(1 << 4);  // Friday
    p.mutable_window()->set_start_minute(2 * 60);
    p.mutable_window()->set_length_minutes(120);
  });
  const trust::HostId host = HostIn(plan, 0, 400'000);
  // Friday 02:00 in Berlin (UTC + 60 min) is 01:00 UTC.
  const absl::Time opens = Monday() + absl::Hours(4 * 24 + 1);

  const Admission too_early = At(plan, host, Monday());
  EXPECT_EQ(too_early.opens, opens);  // not before the window after its wave
  const Admission closed = At(plan, host, opens - kTick);
  EXPECT_EQ(closed.code, v1::Refusal::WINDOW);
  EXPECT_EQ(closed.opens, opens);
  EXPECT_EQ(closed.valid_until, opens);
  const Admission open = At(plan, host, opens);
  EXPECT_TRUE(open.admitted());
  EXPECT_EQ(open.valid_until, opens + absl::Hours(2));
  EXPECT_EQ(At(plan, host, opens + absl::Hours(2)).code, v1::Refusal::WINDOW);
}

TEST_F(AdmitTest, AnEndedPlanAdmitsNobodyAnew) {  // ADVERSARY 43, 44
  const CheckedPlan& plan = ThreeWaves([](v1::Plan& p) { p.clear_baseline_until_ms(); });
  const trust::HostId host = HostIn(plan, 0, 1'000'000);
  const absl::Time expires = plan.plan().expires();
  EXPECT_TRUE(At(plan, host, expires - kTick).admitted());
  EXPECT_EQ(At(plan, host, expires - kTick).valid_until, expires);
  EXPECT_EQ(At(plan, host, expires).code, v1::Refusal::EXPIRED);
  // By the clock of newest documents, a host's clock that is years behind does not help.
  const Clocks behind = {.system = expires - absl::Hours(48),
                         .not_before = expires - absl::Hours(48),
                         .not_after = expires};
  EXPECT_EQ(Admit(plan, host, facts_, behind).code, v1::Refusal::EXPIRED);
  // At the commit point nobody asks: the install goes on.
  EXPECT_TRUE(Admit(plan, host, facts_, Clocks::All(expires), Moment::kCommit).admitted());
}

TEST_F(AdmitTest, ABaselineLastsUntilItsOwnEnd) {  // ADVERSARY 65
  const CheckedPlan& plan = ThreeWaves();
  const trust::HostId host = HostIn(plan, 0, 1'000'000);
  const absl::Time until = *plan.plan().baseline_until();
  EXPECT_TRUE(At(plan, host, plan.plan().expires() + absl::Hours(1)).admitted());
  EXPECT_TRUE(At(plan, host, until - kTick).admitted());
  EXPECT_EQ(At(plan, host, until).code, v1::Refusal::EXPIRED);
}

TEST_F(AdmitTest, WhatWouldOpenAfterTheEndNeverOpens) {
  const CheckedPlan& plan = ThreeWaves([](v1::Plan& p) {
    p.clear_baseline_until_ms();
    p.mutable_window()->set_days(1 << 6);  // Sunday
    p.mutable_window()->set_length_minutes(60);
    p.set_expires_ms(Ms(Monday() + absl::Hours(5 * 24 + 1)));  // Saturday
  });
  EXPECT_EQ(At(plan, HostIn(plan, 0, 1'000'000), Monday() + absl::Hours(121) - kTick).opens,
            std::nullopt);
}

}  // namespace
}  // namespace mig::rollout
