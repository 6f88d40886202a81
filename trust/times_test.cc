#include "trust/times.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "trust/refusal.h"
#include "trust/testing/test_authority.h"

namespace mig::trust {
namespace {

using ::mig::trust::testing::TestEpoch;

constexpr absl::Duration kYear = absl::Hours(24 * 365);

// R2.
TEST(TwoClocksTest, NotAfterIsTheLatestOfClockAndHeldDocuments) {
  const absl::Time now = TestEpoch();
  EXPECT_EQ(NotAfterNow(now, {}), now);
  const std::vector<absl::Time> held = {now - kYear, now + absl::Hours(1), now};
  EXPECT_EQ(NotAfterNow(now, held), now + absl::Hours(1));
  EXPECT_EQ(NotAfterNow(now + kYear, held), now + kYear);
}

// R2.
TEST(TwoClocksTest, NotBeforeIsTheEarlierOfClockAndAssignment) {  // nomad #27675
  const absl::Time now = TestEpoch();
  EXPECT_EQ(NotBeforeNow(now, now + kYear), now) << "the coordinator's clock is a year ahead";
  EXPECT_EQ(NotBeforeNow(now + kYear, now), now) << "the host's clock is a year ahead";
  EXPECT_EQ(NotBeforeNow(now, std::nullopt), now);
}

ClockReading Reading(absl::Duration boot, absl::Time wall, const char* boot_id = "b1") {
  return {.wall = wall, .boot = base::BootTime(boot), .boot_id = boot_id};
}

class AssignmentLifeTest : public ::testing::Test {
 protected:
  std::optional<v1::Refusal::Code> CodeAfter(absl::Duration boot, absl::Duration wall,
                                             const char* boot_id = "b1") {
    return RefusalOf(
        CheckAssignmentLives(requested_, absl::Seconds(60),
                             Reading(absl::Hours(1) + boot, TestEpoch() + wall, boot_id)));
  }
  const ClockReading requested_ = Reading(absl::Hours(1), TestEpoch());
};

// R3.
TEST_F(AssignmentLifeTest, EndsByTheBootClock) {
  EXPECT_EQ(CodeAfter(absl::ZeroDuration(), absl::ZeroDuration()), std::nullopt);
  EXPECT_EQ(CodeAfter(absl::Seconds(60), absl::Seconds(60)), std::nullopt);
  EXPECT_EQ(CodeAfter(absl::Seconds(61), absl::ZeroDuration()), v1::Refusal::ASSIGNMENT_OVER)
      << "a laptop that slept";
}

TEST_F(AssignmentLifeTest, EndsWithTheBoot) {
  EXPECT_EQ(CodeAfter(absl::Seconds(1), absl::Seconds(1), "b2"), v1::Refusal::ASSIGNMENT_OVER);
  EXPECT_EQ(CodeAfter(absl::Seconds(-1), absl::Seconds(1)), v1::Refusal::ASSIGNMENT_OVER);
}

// R3.
TEST_F(AssignmentLifeTest, EndsWhenTheWallClockMovedByMore) {  // a machine that was paused
  EXPECT_EQ(CodeAfter(absl::Seconds(1), absl::Seconds(61)), v1::Refusal::ASSIGNMENT_OVER);
  EXPECT_EQ(CodeAfter(absl::Seconds(1), absl::Seconds(-61)), v1::Refusal::ASSIGNMENT_OVER);
  EXPECT_EQ(CodeAfter(absl::Seconds(1), absl::Seconds(-59)), std::nullopt);
}

class WavesClosedTest : public ::testing::Test {
 protected:
  // An hour of boot time after `before_`, the wall clock has moved by `wall`.
  absl::Time Closed(absl::Duration wall, const char* boot_id = "b1") {
    return WavesClosedUntil(absl::InfinitePast(), before_,
                            Reading(absl::Hours(2), TestEpoch() + wall, boot_id), held_);
  }
  ClockReading before_ = Reading(absl::Hours(1), TestEpoch());
  absl::Time held_ = TestEpoch() - kYear;
};

// R2.
TEST_F(WavesClosedTest, AStepThatBootTimeDoesNotExplainClosesThemForADay) {
  EXPECT_EQ(Closed(absl::Hours(1)), absl::InfinitePast());
  EXPECT_EQ(Closed(absl::Hours(1) + absl::Minutes(1)), absl::InfinitePast());
  EXPECT_EQ(Closed(absl::Hours(1) + kYear), TestEpoch() + absl::Hours(1) + kYear + absl::Hours(24));
}

TEST_F(WavesClosedTest, AStepBackOrARebootDoesNot) {
  EXPECT_EQ(Closed(-kYear), absl::InfinitePast());
  EXPECT_EQ(Closed(absl::Hours(72), "b2"), absl::InfinitePast()) << "was off over the weekend";
  EXPECT_EQ(WavesClosedUntil(absl::InfinitePast(), std::nullopt,
                             Reading(absl::Hours(1), TestEpoch()), held_),
            absl::InfinitePast())
      << "the first run";
}

TEST_F(WavesClosedTest, AMachineWithoutABatteryClockMayComeForward) {
  held_ = TestEpoch() + absl::Hours(1);
  EXPECT_EQ(Closed(kYear), absl::InfinitePast());
}

TEST_F(WavesClosedTest, WhatWasClosedStaysClosedAsLong) {
  const absl::Time until = TestEpoch() + absl::Hours(20);
  EXPECT_EQ(WavesClosedUntil(until, before_, Reading(absl::Hours(2), TestEpoch() + absl::Hours(1)),
                             held_),
            until);
}

}  // namespace
}  // namespace mig::trust
