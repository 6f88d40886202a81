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

  EXPECT_THAT(text, HasSubstr("2.000  -                   <= 1.15  missed\n"));
  EXPECT_THAT(text, HasSubstr("1.000  -                   >= 0.97\n"));
}

TEST(TableTest, AGoalOfOursAloneIsShownAndMissedAlone) {
  const std::vector<Result> results = {
      {.name = "slow", .ours = 200, .ratio = 1, .goal = AtLeast(0.9), .goal_of_ours = AtLeast(250)},
      {.name = "fine", .ours = 300, .ratio = 1, .goal_of_ours = AtLeast(250)},
  };

  EXPECT_THAT(ToText(results),
              HasSubstr("1.000  -                   >= 0.9, ours >= 250  missed\n"));
  EXPECT_THAT(ToText(results), HasSubstr("1.000  -                   ours >= 250\n"));
  EXPECT_THAT(ToJson(results), HasSubstr("\"goal\": \">= 0.9, ours >= 250\"}"));
}

TEST(TableTest, WhereItemsAreCountedTheCpuOfEachIsShown) {
  Table table;
  const auto count = [](benchmark::State& state) {
    Spin(state, 10'000);
    state.SetItemsProcessed(10 * state.iterations());
  };
  table.Add({.name = "counted", .unit = Unit::kItemsPerSecond, .ours = count, .limit = count});

  const auto results = table.Run(Short());

  ASSERT_TRUE(results.ok()) << results.status();
  const Result& result = results->front();
  EXPECT_GT(result.ours_cpu_seconds, 0);
  // One thread that only computes has no more than the time that passes.
  EXPECT_LE(result.ours_cpu_seconds, 1.5 / result.ours);
}

TEST(TableTest, TheJsonHasExactlyTheseKeysAndNullWhereThereIsNoGoal) {
  const std::vector<Result> results = {
      {.name = "a", .ours = 0.5, .limit = 0.25, .ratio = 2, .goal = AtMost(1.5)},
      {.name = "b",
       .ours = 3,
       .limit = 4,
       .ratio = 0.75,
       .ours_cpu_seconds = 0.5,
       .limit_cpu_seconds = 0.25},
  };

  EXPECT_EQ(ToJson(results),
            "[\n"
            "  {\"name\": \"a\", \"ours\": 0.5, \"limit\": 0.25, \"ratio\": 2, "
            "\"ours_cpu_seconds\": 0, \"limit_cpu_seconds\": 0, \"goal\": \"<= 1.5\"},\n"
            "  {\"name\": \"b\", \"ours\": 3, \"limit\": 4, \"ratio\": 0.75, "
            "\"ours_cpu_seconds\": 0.5, \"limit_cpu_seconds\": 0.25, \"goal\": null}\n"
            "]\n");
}

}  // namespace
}  // namespace mig::bench
