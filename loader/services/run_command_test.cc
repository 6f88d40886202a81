#include "loader/services/run_command.h"

#include <memory>

#include "absl/time/time.h"
#include "base/system_clock.h"
#include "base/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mig::loader {
namespace {

using base::testing::IsOk;
using base::testing::StatusIs;
using ::testing::HasSubstr;

class RunCommandTest : public ::testing::Test {
 protected:
  absl::StatusOr<CommandResult> Shell(const std::string& script, absl::Duration timeout,
                                      size_t max_output_bytes = 100) {
    return RunCommand(*clock_, {"/bin/sh", "-c", script}, clock_->MonotonicNow() + timeout,
                      max_output_bytes);
  }

  std::unique_ptr<base::SystemClock> clock_ = base::SystemClock::Open().value();
};

TEST_F(RunCommandTest, StatusAndOutputComeBack) {
  const absl::StatusOr<CommandResult> result =
      Shell("echo out; echo err >&2; exit 7", absl::Seconds(30));
  ASSERT_THAT(result, IsOk());
  EXPECT_FALSE(result->timed_out);
  EXPECT_EQ(result->exit_status, 7u);
  EXPECT_EQ(result->output, "out\nerr\n");
}

TEST_F(RunCommandTest, DeathBySignalIsAStatusAbove128) {
  EXPECT_EQ(Shell("kill -SEGV $$", absl::Seconds(30))->exit_status, 139u);
}

TEST_F(RunCommandTest, OfEndlessOutputTheEndIsKeptAndACommandThatHangsIsKilled) {
  const absl::StatusOr<CommandResult> result =
      Shell("while :; do echo 0123456789; done", absl::Milliseconds(300), 32);
  ASSERT_THAT(result, IsOk());
  EXPECT_TRUE(result->timed_out);
  EXPECT_EQ(result->exit_status, 137u);
  EXPECT_EQ(result->output.size(), 32u);
}

TEST_F(RunCommandTest, WhatItLeavesRunningIsNotWaitedFor) {
  const base::MonotonicTime before = clock_->MonotonicNow();
  const absl::StatusOr<CommandResult> result =
      Shell("setsid sleep 20 & echo $!", absl::Seconds(15));
  ASSERT_THAT(result, IsOk());
  EXPECT_FALSE(result->timed_out);
  EXPECT_LT(clock_->MonotonicNow() - before, absl::Seconds(10));
  EXPECT_THAT(Shell("kill " + result->output, absl::Seconds(30)), IsOk());
}

TEST_F(RunCommandTest, AProgramThatIsNotThereIsNamed) {
  EXPECT_THAT(RunCommand(*clock_, {"/no/such/program"}, base::MonotonicTime::InfiniteFuture(), 10),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("/no/such/program")));
  EXPECT_THAT(RunCommand(*clock_, {"sh"}, base::MonotonicTime::InfiniteFuture(), 10),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("absolute")));
}

}  // namespace
}  // namespace mig::loader
