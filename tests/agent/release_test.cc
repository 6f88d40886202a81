#include "tests/agent/release.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "tests/agent/key_values.h"

namespace mig::tests {
namespace {

using base::testing::IsOk;
using base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string Program(absl::string_view release) {
  return absl::StrCat(
      "\x7f"
      "ELF machine code\n--- mig-test-agent release ---\n",
      release);
}

TEST(ReleaseTest, AProgramWithoutAReleaseIsHealthy) {
  const auto release = ParseRelease("machine code alone");
  ASSERT_THAT(release, IsOk());
  EXPECT_EQ(release->version, "unreleased");
  EXPECT_EQ(release->behaviour, Behaviour::kHealthy);
}

TEST(ReleaseTest, SaysWhatStandsAtTheEndOfTheProgram) {
  const auto release = ParseRelease(
      Program("version = 1.2\nbehaviour = exit-after\nafter_ms = 300\nexit_status = 0\n"
              "ignore_sigterm = yes\n"));
  ASSERT_THAT(release, IsOk());
  EXPECT_EQ(release->version, "1.2");
  EXPECT_EQ(release->behaviour, Behaviour::kExitAfter);
  EXPECT_EQ(release->after, absl::Milliseconds(300));
  EXPECT_EQ(release->exit_status, 0);
  EXPECT_TRUE(release->ignore_sigterm);
}

TEST(ReleaseTest, TheLastOneCounts) {
  const std::string of_another =
      absl::StrCat(Program("version = 1.0\n"), Program("version = 1.1\n"));
  const auto release = ParseRelease(of_another);
  ASSERT_THAT(release, IsOk());
  EXPECT_EQ(release->version, "1.1");
}

TEST(ReleaseTest, WhatItDoesNotKnowIsRefused) {
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(ParseRelease(Program("behaviour = nice\n")), StatusIs(kInvalid, HasSubstr("nice")));
  EXPECT_THAT(ParseRelease(Program("verison = 1\n")), StatusIs(kInvalid, HasSubstr("verison")));
  EXPECT_THAT(ParseRelease(Program("after_ms = soon\n")), StatusIs(kInvalid, HasSubstr("soon")));
  EXPECT_THAT(ParseRelease(Program("ignore_sigterm = 1\n")), StatusIs(kInvalid));
}

TEST(KeyValuesTest, CommentsAndSpacesDoNotCount) {
  const auto values = ParseKeyValues("# agent\n\n  port = 1 \nname=a = b\n", "f");
  ASSERT_THAT(values, IsOk());
  EXPECT_THAT(*values, ElementsAre(Pair("name", "a = b"), Pair("port", "1")));
}

TEST(KeyValuesTest, AnErrorNamesFileAndLine) {
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(ParseKeyValues("a = 1\nb\n", "agent.conf"),
              StatusIs(kInvalid, HasSubstr("agent.conf:2")));
  EXPECT_THAT(ParseKeyValues("a = 1\n\na = 2\n", "agent.conf"),
              StatusIs(kInvalid, HasSubstr("agent.conf:3")));
}

}  // namespace
}  // namespace mig::tests
