#include "sim/live/tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mig::sim {
namespace {

using ::testing::Eq;
using ::testing::Optional;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr int kOk = 0;
constexpr int kDeadlineExceeded = 4;
constexpr int kPermissionDenied = 7;
constexpr int kUnavailable = 14;

base::MonotonicTime At(int seconds) { return base::MonotonicTime(absl::Seconds(seconds)); }

TEST(TallyTest, ErrorsAreCountedByGrpcsOwnNames) {
  Tally tally;
  tally.CallEnded(kOk, At(1));
  tally.CallEnded(kUnavailable, At(2));
  tally.CallEnded(kUnavailable, At(3));
  tally.CallEnded(kDeadlineExceeded, At(4));

  EXPECT_EQ(tally.Counted().calls, 4u);
  EXPECT_EQ(tally.errors(), 3u);
  EXPECT_THAT(tally.Counted().errors_by_status,
              UnorderedElementsAre(Pair("UNAVAILABLE", 2u), Pair("DEADLINE_EXCEEDED", 1u)));
}

TEST(TallyTest, SilenceBeginsWithTheFirstCallThatNobodyAnswered) {
  Tally tally;
  EXPECT_EQ(tally.unanswered_since(), std::nullopt);
  tally.CallEnded(kOk, At(1));
  EXPECT_EQ(tally.unanswered_since(), std::nullopt);
  tally.CallEnded(kUnavailable, At(5));
  tally.CallEnded(kDeadlineExceeded, At(9));
  EXPECT_THAT(tally.unanswered_since(), Optional(Eq(At(5))));
}

TEST(TallyTest, ARefusalIsAnAnswer) {
  Tally tally;
  tally.CallEnded(kUnavailable, At(5));
  tally.CallEnded(kPermissionDenied, At(6));
  EXPECT_EQ(tally.unanswered_since(), std::nullopt);
}

TEST(TallyTest, SilenceThatTheScenarioWantsBeginsAnew) {
  Tally tally;
  tally.CallEnded(kUnavailable, At(5));
  tally.ExcuseSilence();
  EXPECT_EQ(tally.unanswered_since(), std::nullopt);
  tally.CallEnded(kUnavailable, At(90));
  EXPECT_THAT(tally.unanswered_since(), Optional(Eq(At(90))));
}

TEST(TallyTest, OnlyRunsThatBeginMoreThanATenthOfASecondLateAreTheGeneratorsFault) {
  Tally tally;
  tally.RunBegan(absl::Milliseconds(100));
  tally.RunBegan(absl::Milliseconds(101));

  EXPECT_EQ(tally.Counted().runs, 2u);
  EXPECT_EQ(tally.Counted().generator_behind, 1u);
  EXPECT_EQ(tally.Counted().worst_lateness, absl::Milliseconds(101));
}

TEST(TallyTest, NothingCountsOnceTheRunWasAbandoned) {
  Tally tally;
  tally.RunBegan(absl::ZeroDuration());
  tally.Close();
  tally.RunEnded(absl::Seconds(1), {});
  tally.CallEnded(kUnavailable, At(1));
  tally.Took(Phase::kCheckIn, absl::Seconds(1));

  EXPECT_EQ(tally.Counted().runs, 1u);
  EXPECT_EQ(tally.Counted().calls, 0u);
  EXPECT_TRUE(tally.Counted().phases.empty());
}

}  // namespace
}  // namespace mig::sim
