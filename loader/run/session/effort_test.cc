#include "loader/run/session/effort.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/manual_clock.h"

namespace mig::loader {
namespace {

TEST(EffortTest, StagesAreOnceInOrderAndBounded) {
  base::testing::ManualClock clock;
  Effort effort(clock, v1::Outcome::STAGE);
  clock.Advance(absl::Seconds(1));
  effort.Enter(v1::Outcome::FETCH);
  clock.Advance(absl::Hours(30));
  effort.Enter(v1::Outcome::STAGE);
  clock.Advance(absl::Seconds(2));
  effort.AddFetched(7);
  effort.AddFetched(8);
  EXPECT_EQ(effort.stage(), v1::Outcome::STAGE);

  v1::Outcome outcome;
  effort.WriteTo(outcome);
  effort.WriteTo(outcome);

  ASSERT_EQ(outcome.stage_times_size(), 2);
  EXPECT_EQ(outcome.stage_times(0).stage(), v1::Outcome::FETCH);
  EXPECT_EQ(outcome.stage_times(0).duration_ms(), 24 * 3'600'000) << "the bound of a report";
  EXPECT_EQ(outcome.stage_times(1).stage(), v1::Outcome::STAGE);
  EXPECT_EQ(outcome.stage_times(1).duration_ms(), 3'000);
  EXPECT_EQ(outcome.fetched_bytes(), 15u);
}

}  // namespace
}  // namespace mig::loader
