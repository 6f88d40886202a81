#include "ctl/documents/plan_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "ctl/examples/plan_example.h"

namespace mig::ctl {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kLeast[] =
    "name = \"p\"\n[[item]]\nproduct = \"agent\"\nrelease = \"1.0\"\n[[wave]]\nto = \"100%\"\n";

std::string Example() {
  std::ifstream file("ctl/examples/plan.toml");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The lines that are commented out in the example, uncommented.
std::string ExampleWithAllKeys() {
  std::string text;
  std::istringstream lines(Example());
  for (std::string line; std::getline(lines, line);) {
    const bool is_key = line.rfind("# ", 0) == 0 && line.find(" = ") != std::string::npos;
    absl::StrAppend(&text, is_key ? line.substr(2) : line, "\n");
  }
  return text;
}

TEST(PlanFileTest, TheExampleThatIsPrintedIsTheFile) { EXPECT_EQ(PlanExample(), Example()); }

TEST(PlanFileTest, TheExampleIsTrue) {
  const auto plan = ReadPlanFile(Example(), "plan.toml");
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->name, "agent-4.2");
  EXPECT_EQ(plan->stream, "main");
  EXPECT_EQ(plan->waves.size(), 3u);
  EXPECT_EQ(plan->waves[0].to_ppm, 20'000u);
  EXPECT_EQ(plan->holdback_ppm, 20'000u);
  ASSERT_TRUE(plan->window.has_value());
  EXPECT_EQ(plan->window->days, 0b0011111u);
  EXPECT_EQ(plan->window->start_minute, 480u);
  EXPECT_EQ(plan->window->length_minutes, 600u);
}

TEST(PlanFileTest, TheExampleShowsEveryKeyThatThereIs) {
  EXPECT_THAT(ReadPlanFile(ExampleWithAllKeys(), "plan.toml"), IsOk());
}

TEST(PlanFileTest, DefaultsAreTheLeastThatIsNeeded) {
  const auto plan = ReadPlanFile(kLeast, "plan.toml");
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->stream, "main");
  EXPECT_FALSE(plan->waves[0].opens.has_value());
  EXPECT_FALSE(plan->expires.has_value());
  EXPECT_FALSE(plan->never_baseline);
}

TEST(PlanFileTest, WhatIsWrongIsOneLineWithFileLineAndKey) {
  const std::string least = kLeast;
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"name = ", "plan.toml:1: not TOML"},
      {absl::StrCat("nmae = \"x\"\n", least), "plan.toml:1: nmae"},
      {absl::StrCat("priority = -1\n", least), "plan.toml:1: priority"},
      {absl::StrCat("priority = \"1\"\n", least), "plan.toml:1: priority"},
      {absl::StrCat("expires = \"soon\"\n", least), "plan.toml:1: expires"},
      {absl::StrCat(least, "soak = 5\n"), "plan.toml:7: soak"},
      {absl::StrCat(least, "ramp = \"5 parsecs\"\n"), "plan.toml:7: ramp"},
      {absl::StrCat(least, "wait = true\n"), "plan.toml:7: wait"},
      {absl::StrCat(least, "[window]\nstart = \"25:00\"\nlength = \"1h\"\n"), "plan.toml:8: start"},
      {absl::StrCat(least, "[window]\nstart = \"22:00\"\nlength = \"25h\"\n"),
       "plan.toml:9: length"},
      {absl::StrCat(least, "[window]\nstart = \"22:00\"\nlength = \"1h\"\ndays = [\"monday\"]\n"),
       "plan.toml:10: days"},
      {absl::StrCat(least, "[canaries]\nhosts = []\n"), "plan.toml:8: hosts"},
      {absl::StrCat(least, "[canaries]\nhosts = [1]\n"), "plan.toml:8: hosts"},
      {"name = \"p\"\n[[wave]]\nto = \"1%\"\n", "item"},
      {"name = \"p\"\n[[item]]\nproduct = \"a\"\nrelease = \"1\"\n", "wave"},
      {"name = \"p\"\n[[item]]\nproduct = \"a\"\n[[wave]]\nto = \"1%\"\n", "plan.toml:2: release"},
      {"name = \"p\"\n[[item]]\nproduct = \"a\"\nrelease = \"1\"\n[[wave]]\n", "plan.toml:5: to"},
  };
  for (const auto& [text, expected] : bad) {
    const auto plan = ReadPlanFile(text, "plan.toml");
    EXPECT_THAT(plan, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(expected))) << text;
    EXPECT_EQ(plan.status().message().find('\n'), absl::string_view::npos) << text;
  }
}

}  // namespace
}  // namespace mig::ctl
