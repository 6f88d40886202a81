#include "sim/live/tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mig::sim {
namespace {

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

// One call, from its begin to its end.
void Call(Tally& tally, int began, int ended, int grpc_code) {
  tally.Asks(At(began));
  tally.CallEnded(grpc_code, At(ended));
  tally.AsksNoMore();
}

TEST(TallyTest, SilenceIsFromTheFirstWhoAskedInVainToTheLast) {
  Tally tally;
  Call(tally, 1, 2, kOk);
  EXPECT_EQ(tally.Silence(At(4)), absl::ZeroDuration());
  Call(tally, 5, 6, kUnavailable);
  Call(tally, 7, 9, kDeadlineExceeded);
  EXPECT_EQ(tally.Silence(At(9)), absl::Seconds(4));
}

TEST(TallyTest, WhoeverWaitsIsInSilenceBeforeItsCallEnds) {
  Tally tally;
  tally.Asks(At(5));
  EXPECT_EQ(tally.Silence(At(65)), absl::Seconds(60));
}

TEST(TallyTest, AnAnswerToAnotherEndsTheSilence) {
  Tally tally;
  tally.Asks(At(5));
  Call(tally, 20, 30, kOk);
  EXPECT_EQ(tally.Silence(At(35)), absl::Seconds(5));
}

TEST(TallyTest, NobodyAsksNobodyAnswersIsNoSilence) {
  Tally tally;
  Call(tally, 5, 6, kUnavailable);
  EXPECT_EQ(tally.Silence(At(3600)), absl::Seconds(1));
  Call(tally, 3600, 3601, kOk);
  EXPECT_EQ(tally.Silence(At(7200)), absl::ZeroDuration());
}

TEST(TallyTest, ARefusalIsAnAnswer) {
  Tally tally;
  Call(tally, 5, 6, kUnavailable);
  Call(tally, 7, 8, kPermissionDenied);
  EXPECT_EQ(tally.Silence(At(9)), absl::ZeroDuration());
}

TEST(TallyTest, AfterAnAnswerSilenceBeginsWithTheNextWhoAsksInVain) {
  Tally tally;
  Call(tally, 5, 6, kUnavailable);
  Call(tally, 7, 8, kOk);
  Call(tally, 100, 101, kUnavailable);
  EXPECT_EQ(tally.Silence(At(102)), absl::Seconds(1));
}

TEST(TallyTest, ADownloadThatGoesOnIsAnAnswer) {
  Tally tally;
  tally.Asks(At(5));
  tally.Fetched(1, At(100));
  EXPECT_EQ(tally.Silence(At(101)), absl::Seconds(1));
}

TEST(TallyTest, SilenceThatTheScenarioWantsBeginsAnew) {
  Tally tally;
  Call(tally, 5, 6, kUnavailable);
  tally.ExcuseSilence();
  EXPECT_EQ(tally.Silence(At(60)), absl::ZeroDuration());
  Call(tally, 90, 91, kUnavailable);
  EXPECT_EQ(tally.Silence(At(95)), absl::Seconds(1));
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
