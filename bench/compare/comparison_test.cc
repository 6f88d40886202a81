#include "bench/compare/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/testing/status_matchers.h"

namespace mig::bench {
namespace {

using ::mig::base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Verdict = ComparedRow::Verdict;

RowSamples Row(const std::string& name, std::vector<double> numbers) {
  return {.name = name, .slowdown_limit = 0.1, .numbers = std::move(numbers)};
}

RunSamples RunOf(std::vector<RowSamples> rows) {
  return {.size = Size::kQuick, .rows = std::move(rows)};
}

// `count` runs of one row that takes `seconds`, and a little more from run to run.
std::vector<RunSamples> Runs(size_t count, double seconds) {
  std::vector<RunSamples> runs;
  for (size_t i = 0; i < count; ++i) {
    runs.push_back(RunOf({Row("scan", {seconds * (1 + 0.001 * static_cast<double>(i % 5))})}));
  }
  return runs;
}

Comparison Compared(const std::vector<RunSamples>& base, const std::vector<RunSamples>& here) {
  const absl::StatusOr<Comparison> comparison = Compare(base, here);
  EXPECT_TRUE(comparison.ok()) << comparison.status();
  return comparison.ok() ? *comparison : Comparison();
}

TEST(ComparisonTest, AFifthMoreTimeIsARegressionAndSaysHowMuch) {
  const Comparison comparison = Compared(Runs(12, 1), Runs(12, 1.2));

  ASSERT_EQ(comparison.rows.size(), 1u);
  EXPECT_EQ(comparison.rows[0].verdict, Verdict::kRegression);
  EXPECT_NEAR(comparison.rows[0].slowdown.estimate, 0.2, 1e-9);
  EXPECT_NEAR(comparison.rows[0].base, 1.002, 0.001);
  EXPECT_NEAR(comparison.rows[0].here, 1.2 * 1.002, 0.002);
  EXPECT_TRUE(comparison.HasRegression());
}

TEST(ComparisonTest, TheSameIsTheSame) {
  const Comparison comparison = Compared(Runs(12, 1), Runs(12, 1));

  EXPECT_EQ(comparison.rows[0].verdict, Verdict::kSame);
  EXPECT_EQ(comparison.rows[0].p, 1);
  EXPECT_FALSE(comparison.HasRegression());
}

TEST(ComparisonTest, SlowerByLessThanTheLimitIsSaidAndIsNoRegression) {
  const Comparison comparison = Compared(Runs(12, 1), Runs(12, 1.05));

  EXPECT_EQ(comparison.rows[0].verdict, Verdict::kSlower);
  EXPECT_FALSE(comparison.HasRegression());
}

TEST(ComparisonTest, TheSameProgramIsNeverARegressionHoweverTheMachineBehaved) {
  const auto comparison = Compare(Runs(12, 1), Runs(12, 1.5), Programs::kSameBytes);

  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_EQ(comparison->programs, Programs::kSameBytes);
  EXPECT_EQ(comparison->rows[0].verdict, Verdict::kSame);
  EXPECT_NEAR(comparison->rows[0].slowdown.estimate, 0.5, 1e-9);
  EXPECT_FALSE(comparison->HasRegression());
}

TEST(ComparisonTest, FasterIsNoRegression) {
  const Comparison comparison = Compared(Runs(12, 1.2), Runs(12, 1));

  EXPECT_EQ(comparison.rows[0].verdict, Verdict::kFaster);
  EXPECT_FALSE(comparison.HasRegression());
}

TEST(ComparisonTest, ALowerRateIsSlower) {
  std::vector<RunSamples> base = Runs(12, 120e6), here = Runs(12, 100e6);
  for (auto* side : {&base, &here}) {
    for (RunSamples& run : *side) run.rows[0].unit = Unit::kBytesPerSecond;
  }

  const Comparison slower = Compared(base, here);
  EXPECT_EQ(slower.rows[0].verdict, Verdict::kRegression);
  EXPECT_NEAR(slower.rows[0].slowdown.estimate, 0.2, 1e-9);
  EXPECT_EQ(Compared(here, base).rows[0].verdict, Verdict::kFaster);
}

TEST(ComparisonTest, ARunGivesOneNumberHoweverManyRepetitionsItHad) {
  std::vector<RunSamples> base = Runs(12, 1), here = Runs(12, 1);
  for (RunSamples& run : here) run.rows[0].numbers = {1, 50, 1};

  const Comparison comparison = Compared(base, here);

  EXPECT_EQ(comparison.pairs, 12u);
  EXPECT_EQ(comparison.rows[0].here, 1);
}

TEST(ComparisonTest, DriftOverAllRunsIsNoDifference) {
  std::vector<RunSamples> base, here;
  for (size_t i = 0; i < 12; ++i) {
    const double slow = 1 + 0.2 * static_cast<double>(i);  // three times as slow in the end
    base.push_back(RunOf({Row("scan", {slow})}));
    here.push_back(RunOf({Row("scan", {slow * 1.001})}));
  }

  const Comparison comparison = Compared(base, here);

  EXPECT_FALSE(comparison.HasRegression());
  EXPECT_NEAR(comparison.rows[0].slowdown.estimate, 0.001, 1e-9);
}

TEST(ComparisonTest, ManyRowsMakeEachOneHarderToProve) {
  std::vector<RunSamples> base = Runs(12, 1), here = Runs(12, 1.2);
  EXPECT_NEAR(Compared(base, here).rows[0].p, 1.0 / 4096, 1e-9);

  for (size_t i = 0; i < 12; ++i) {
    for (const std::string name : {"a", "b", "c"}) {
      base[i].rows.push_back(Row(name, {1}));
      here[i].rows.push_back(Row(name, {1}));
    }
  }
  EXPECT_NEAR(Compared(base, here).rows[0].p, 4.0 / 4096, 1e-9);
}

TEST(ComparisonTest, WithTooFewPairsItSaysHowManyAreNeeded) {
  EXPECT_EQ(LeastPairs(1), 7u);
  EXPECT_EQ(LeastPairs(30), 12u);

  EXPECT_THAT(Compare(Runs(6, 1), Runs(6, 2)).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("fewer than 7")));
  EXPECT_TRUE(Compared(Runs(7, 1), Runs(7, 2)).HasRegression());
  EXPECT_THAT(Compare({}, {}).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("too few samples")));
}

TEST(ComparisonTest, RowsOfOneSideAreListedAndNotCompared) {
  std::vector<RunSamples> base = Runs(12, 1), here = Runs(12, 1);
  for (RunSamples& run : base) run.rows.push_back(Row("old", {1}));
  for (RunSamples& run : here) run.rows.push_back(Row("new", {9}));
  here[3].rows.push_back(Row("old", {9}));  // in one run only: no pairs

  const Comparison comparison = Compared(base, here);

  EXPECT_EQ(comparison.rows.size(), 1u);
  EXPECT_THAT(comparison.only_base, ElementsAre("old"));
  EXPECT_THAT(comparison.only_here, ElementsAre("new"));
}

TEST(ComparisonTest, WhatCannotBeComparedIsRefused) {
  std::vector<RunSamples> other_names = Runs(12, 1), whole = Runs(12, 1), bytes = Runs(12, 1);
  for (RunSamples& run : other_names) run.rows[0].name = "other";
  for (RunSamples& run : whole) run.size = Size::kWhole;
  for (RunSamples& run : bytes) run.rows[0].unit = Unit::kBytesPerSecond;

  EXPECT_THAT(Compare(Runs(12, 1), other_names).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no row in common")));
  EXPECT_THAT(Compare(Runs(12, 1), whole).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("quick")));
  EXPECT_THAT(Compare(Runs(12, 1), bytes).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("bytes_per_second")));
  EXPECT_THAT(Compare(Runs(12, 1), Runs(11, 1)).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("12 runs")));
  EXPECT_THAT(Compare(Runs(kMaxPairs + 1, 1), Runs(kMaxPairs + 1, 1)).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("at most 200")));
}

}  // namespace
}  // namespace mig::bench
