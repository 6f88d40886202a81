// The part of the crash suite that CI has time for: each history, as a seed draws it
// (ADVERSARY.md 9, cases 114, 115, 117 to 119, 121, 132; tools/crash runs the rest).

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/testing/seed.h"
#include "tests/crash/history.h"
#include "tests/crash/suite.h"

namespace mig::tests {
namespace {

class CrashTest : public ::testing::TestWithParam<std::string> {};

// Promises 3, 4, 5.
TEST_P(CrashTest, WhereverItIsInterruptedTheHostIsWholeAndComesToItsEnd) {
  const auto seed = base::testing::Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  const History* const history = FindHistory(GetParam());
  ASSERT_NE(history, nullptr);
  Extent extent = ForCi();
  extent.seed = seed;
  const Figures figures = RunSuite(*history, extent);
  for (const Finding& finding : figures.findings) {
    ADD_FAILURE() << finding.history << ": " << finding.what << "\n  "
                  << absl::StrJoin(finding.violations, "\n  ") << "\nreplay: tools/crash --history "
                  << finding.history << " --seed " << seed.value();
  }
  // What is looked at did not shrink by accident.
  EXPECT_GT(figures.states, 60u);
  EXPECT_GT(figures.kills, 10u);
  EXPECT_GT(figures.faults, 20u);
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const History& history : Histories()) names.push_back(history.name);
  return names;
}

std::string TestNameOf(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(EachHistory, CrashTest, ::testing::ValuesIn(Names()), TestNameOf);

TEST(TrailTest, WhatIsPrintedCanBeReplayed) {
  const Trail trail = {{.doing = Doing::kRunOnline, .operation = 12, .image = 3},
                       {.doing = Doing::kRecover, .operation = 4, .image = 0}};
  EXPECT_EQ(TextOf(trail), "online@12.3/recover@4.0");
  const absl::StatusOr<Trail> read = TrailFrom(TextOf(trail));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, trail);
  EXPECT_FALSE(TrailFrom("online@12").ok());
  EXPECT_FALSE(TrailFrom("dancing@12.3").ok());
}

}  // namespace
}  // namespace mig::tests
