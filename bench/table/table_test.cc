#include "bench/table/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"

namespace mig::bench {
namespace {

using ::mig::base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;

void Spin(benchmark::State& state, int64_t rounds) {
  for (auto _ : state) {
    for (int64_t i = 0; i < rounds; ++i) benchmark::DoNotOptimize(i);
  }
}

RunOptions Short() { return {.repetitions = 4, .least_time = absl::Milliseconds(5)}; }

TEST(TableTest, ASideThatDoesFourTimesTheWorkHasARatioOfAboutFour) {
  Table table;
  table.Add({.name = "four_times",
             .goal = AtMost(1),
             .ours = [](benchmark::State& state) { Spin(state, 40'000); },
             .limit = [](benchmark::State& state) { Spin(state, 10'000); }});

  const auto results = table.Run(Short());

  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 1u);
  EXPECT_NEAR((*results)[0].ratio, 4, 2);
}

TEST(TableTest, ASideThatFailsNamesItsRow) {
  Table table;
  table.Add({.name = "broken",
             .ours = [](benchmark::State& state) { state.SkipWithError("no disk"); },
             .limit = [](benchmark::State& state) { Spin(state, 1); }});

  EXPECT_THAT(table.Run(Short()).status(),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("broken: no disk")));
}

TEST(TableTest, OnlyRowsWhoseNamesHaveTheWantedTextAreMeasured) {
  std::vector<std::string> seen;
  Table table;
  for (const char* name : {"sha256_buffer", "scan"}) {
    table.Add({.name = name,
               .ours = [](benchmark::State& state) { Spin(state, 1); },
               .limit = [](benchmark::State& state) { Spin(state, 1); }});
  }
  RunOptions options = Short();
  options.only = "sha";
  options.on_row = [&](absl::string_view row) { seen.emplace_back(row); };

  ASSERT_TRUE(table.Run(options).ok());

  EXPECT_THAT(seen, ElementsAre("sha256_buffer"));
}

TEST(TableTest, SamplesAreOfOurSideOnlyAndOfAllRowsInTurn) {
  std::vector<std::string> seen;
  Table table;
  for (const char* name : {"a", "b"}) {
    table.Add({.name = name,
               .slowdown_limit = 0.25,
               .ours = [](benchmark::State& state) { Spin(state, 1); },
               .limit = [](benchmark::State& state) { state.SkipWithError("not wanted"); }});
  }
  RunOptions options = Short();
  options.repetitions = 2;
  options.on_row = [&](absl::string_view row) { seen.emplace_back(row); };

  const auto samples = table.Sample(options);

  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_THAT(seen, ElementsAre("a", "b", "a", "b"));
  ASSERT_EQ(samples->size(), 2u);
  EXPECT_EQ((*samples)[1].name, "b");
  EXPECT_EQ((*samples)[1].slowdown_limit, 0.25);
  EXPECT_THAT((*samples)[1].numbers, ElementsAre(Gt(0), Gt(0)));
}

TEST(TableTest, TheTextMarksAMissedGoalAndLeavesTheRestAlone) {
  const std::vector<Result> results = {
      {.name = "slow", .ours = 2e-3, .limit = 1e-3, .ratio = 2, .goal = AtMost(1.15)},
      {.name = "fine", .ours = 1e-3, .limit = 1e-3, .ratio = 1, .goal = AtLeast(0.97)},
  };

  const std::string text = ToText(results);

  EXPECT_THAT(text, HasSubstr("2.000  <= 1.15  missed\n"));
  EXPECT_THAT(text, HasSubstr("1.000  >= 0.97\n"));
}

TEST(TableTest, AnAbsoluteGoalIsARowOfItsOwnWithItsNumberAsTheLimit) {
  Table table;
  const auto count = [](benchmark::State& state) {
    Spin(state, 10'000);
    state.SetBytesProcessed(10 * state.iterations());
  };
  table.Add({.name = "rate",
             .unit = Unit::kBytesPerSecond,
             .goal = AtMost(1e6),
             .absolute_goal = AbsoluteGoal{"rate_at_least", AtLeast(1e12)},
             .ours = count,
             .limit = count});

  const auto results = table.Run(Short());

  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 2u);
  EXPECT_FALSE((*results)[0].IsMissed());
  const Result& absolute = (*results)[1];
  EXPECT_EQ(absolute.name, "rate_at_least");
  EXPECT_EQ(absolute.ours, (*results)[0].ours);
  EXPECT_EQ(absolute.limit, 1e12);
  EXPECT_DOUBLE_EQ(absolute.ratio, absolute.ours / 1e12);
  EXPECT_EQ(absolute.goal->ToString(), ">= 1");
  EXPECT_TRUE(absolute.IsMissed());
}

TEST(TableTest, WhereItemsAreCountedTheirProcessorTimeIsARowOfItsOwn) {
  Table table;
  const auto count = [](benchmark::State& state) {
    Spin(state, 10'000);
    state.SetItemsProcessed(10 * state.iterations());
  };
  table.Add({.name = "counted", .unit = Unit::kItemsPerSecond, .ours = count, .limit = count});

  const auto results = table.Run(Short());

  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 2u);
  const Result& cpu = results->back();
  EXPECT_EQ(cpu.name, "counted_cpu");
  EXPECT_EQ(cpu.unit, Unit::kSeconds);
  EXPECT_EQ(cpu.goal, std::nullopt);
  EXPECT_GT(cpu.ours, 0);
  // One thread that only computes has no more than the time that passes.
  EXPECT_LE(cpu.ours, 1.5 / results->front().ours);
}

TEST(TableTest, TheJsonHasExactlyTheseKeysAndNullWhereThereIsNoGoal) {
  const std::vector<Result> results = {
      {.name = "a", .ours = 0.5, .limit = 0.25, .ratio = 2, .goal = AtMost(1.5)},
      {.name = "b", .ours = 3, .limit = 4, .ratio = 0.75},
  };

  EXPECT_EQ(ToJson(results),
            "[\n"
            "  {\"name\": \"a\", \"ours\": 0.5, \"limit\": 0.25, \"ratio\": 2, "
            "\"goal\": \"<= 1.5\"},\n"
            "  {\"name\": \"b\", \"ours\": 3, \"limit\": 4, \"ratio\": 0.75, "
            "\"goal\": null}\n"
            "]\n");
}

}  // namespace
}  // namespace mig::bench
