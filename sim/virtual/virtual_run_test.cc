// A whole fleet in virtual time: what is known by arithmetic, the same again for the same seed, and
// promises that hold whatever fails.

#include "sim/virtual/virtual_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "sim/virtual/testing/scenarios.h"

namespace mig::sim {
namespace {

using base::testing::IsOk;
using ::testing::HasSubstr;

std::string Shown(const std::optional<Violation>& violation) {
  if (!violation.has_value()) return "";
  std::string text = absl::StrCat(violation->promise, ": ", violation->host, " at ",
                                  absl::FormatDuration(violation->at), ": ", violation->what);
  for (const std::string& line : violation->trace) absl::StrAppend(&text, "\n  ", line);
  return text;
}

TEST(VirtualRunTest, AFleetWithoutFaultsDoesWhatArithmeticSays) {
  const Scenario scenario = QuietDay(10);

  const absl::StatusOr<Summary> summary = RunVirtual(scenario, {.seed = 7});

  ASSERT_THAT(summary, IsOk());
  ASSERT_EQ(Shown(summary->violation), "");
  EXPECT_EQ(summary->runs_intended, 10u * 24u);
  EXPECT_EQ(summary->runs, 10u * 24u);
  EXPECT_EQ(summary->check_ins, 10u * 24u);
  EXPECT_EQ(summary->enrollments, 0u);
  EXPECT_EQ(summary->installs, 10u * 2u);
  EXPECT_EQ(summary->reports, 10u * 2u);
  EXPECT_EQ(summary->on_newest, 10u);
  EXPECT_EQ(summary->errors(), 0u);
  EXPECT_EQ(summary->lasted, absl::Hours(24));
  EXPECT_EQ(summary->outcome_hash.size(), 64u);
}

// Promises 1 to 7.
TEST(VirtualRunTest, PromisesHoldThroughTwoDaysOfAllFaults) {
  for (const uint64_t seed : {1, 2}) {
    SCOPED_TRACE(seed);
    const absl::StatusOr<Summary> summary = RunVirtual(StormyDays(20), {.seed = seed});
    ASSERT_THAT(summary, IsOk());
    ASSERT_EQ(Shown(summary->violation), "");
    EXPECT_GT(summary->power_cuts, 0u);
    EXPECT_GT(summary->coordinator_kills, 0u);
    EXPECT_GT(summary->errors(), 0u);
    EXPECT_GT(summary->went_back, 0u);
    EXPECT_GT(summary->enrollments, 0u);
  }
}

// Promises 3 and 5.
TEST(VirtualRunTest, InvariantsHoldWhateverDisksAndPeopleDo) {
  for (const uint64_t seed : {1, 2}) {
    SCOPED_TRACE(seed);
    const absl::StatusOr<Summary> summary = RunVirtual(FaultyDays(20), {.seed = seed});
    ASSERT_THAT(summary, IsOk());
    ASSERT_EQ(Shown(summary->violation), "");
    EXPECT_GT(summary->loader_kills, 0u);
    EXPECT_GT(summary->disk_faults, 0u);
    EXPECT_GT(summary->damages, 0u);
    EXPECT_GT(summary->repairs, 0u);
    EXPECT_GT(summary->went_back, 0u);
  }
}

TEST(VirtualRunTest, AnotherSeedIsAnotherRun) {
  const Scenario scenario = StormyDays(5);
  const absl::StatusOr<Summary> once = RunVirtual(scenario, {.seed = 1});
  const absl::StatusOr<Summary> again = RunVirtual(scenario, {.seed = 1});
  const absl::StatusOr<Summary> other = RunVirtual(scenario, {.seed = 2});
  ASSERT_THAT(once, IsOk());
  ASSERT_THAT(again, IsOk());
  ASSERT_THAT(other, IsOk());
  EXPECT_EQ(once->outcome_hash, again->outcome_hash);
  EXPECT_NE(once->outcome_hash, other->outcome_hash);
}

TEST(VirtualRunTest, AWaveWithoutHostsIsRefusedByItsLine) {
  Scenario scenario = QuietDay(2);
  scenario.rollouts[0].waves = {{.upto_ppm = 1, .line = 17}, {.upto_ppm = 1'000'000}};
  scenario.rollouts[0].waves[1].opens = absl::Hours(1);
  const absl::StatusOr<Summary> summary = RunVirtual(scenario, {.seed = 7});
  EXPECT_EQ(summary.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(summary.status().message()), HasSubstr("test.txtpb:17: rollouts[0]"));
}

TEST(VirtualRunTest, WhoStopsItGetsWhatWasSeen) {
  const std::atomic<bool> stop = true;
  const absl::StatusOr<Summary> summary = RunVirtual(QuietDay(2), {.seed = 7, .stop = &stop});
  ASSERT_THAT(summary, IsOk());
  EXPECT_EQ(summary->ending, Ending::kInterrupted);
  EXPECT_EQ(summary->runs, 0u);
}

}  // namespace
}  // namespace mig::sim
