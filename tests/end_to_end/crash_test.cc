// How a coordinator ends, and what of it is there afterwards.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "base/testing/status_matchers.h"
#include "tests/end_to_end/house.h"
#include "tests/harness/background.h"
#include "tests/harness/file_watch.h"
#include "tests/harness/files.h"

namespace mig::tests {
namespace {

using base::testing::IsOk;
using ::testing::Each;
using ::testing::EndsWith;
using ::testing::Ge;
using ::testing::SizeIs;

class CrashTest : public House {};

TEST_F(CrashTest, SigtermEndsItCleanlyAndItStartsAgain) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  ASSERT_THAT(RollOut({.version = "1.0"}), IsOk());
  ASSERT_THAT(host.Run(), IsOk());
  const auto before = WordOf(host);
  ASSERT_THAT(before, IsOk());

  ASSERT_THAT(coordinator().Stop(), IsOk());  // status 0
  EXPECT_EQ(coordinator().Metrics(), "");
  ASSERT_THAT(coordinator().Start(), IsOk());

  const auto after = WordOf(host);
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->host().last_seen_ms(), before->host().last_seen_ms())
      << "a clean stop flushes even what may be lost";
  ASSERT_THAT(after->outcomes(), SizeIs(before->outcomes_size()));
  EXPECT_THAT(host.Run(), IsOk());
}

// Promise 5.
TEST_F(CrashTest, SigkillLosesNoOutcomeThatWasAcknowledged) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  int installs = 0;
  for (const char* const version : {"1.0", "1.1", "1.2"}) {
    ASSERT_THAT(RollOut({.version = version}), IsOk());
    ASSERT_THAT(host.Run(), IsOk());
    // At once: what the host was told is durable must be.
    ASSERT_THAT(coordinator().Kill(), IsOk());
    EXPECT_THAT(FilesBelow(host.Path("state/spool")), Each(EndsWith(".kept"))) << "acknowledged";
    ASSERT_THAT(coordinator().Start(), IsOk());

    const auto word = WordOf(host);
    ASSERT_THAT(word, IsOk());
    ASSERT_THAT(word->outcomes(), SizeIs(Ge(1)));
    EXPECT_EQ(word->outcomes(0).outcome().kind(), v1::Outcome::INSTALL);
    EXPECT_EQ(word->outcomes(0).outcome().result(), v1::Outcome::HEALTHY);
    EXPECT_EQ(word->outcomes_size(), ++installs);
  }
}

// Promise 5.
TEST_F(CrashTest, WhatCouldNotBeDeliveredIsDeliveredLaterAndCountedOnce) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  ASSERT_THAT(RollOut({.version = "1.0"}), IsOk());
  // Killed while the new agent is in its probation: the report finds nobody.
  auto watch = FileWatch::Of(host.agent_directory(), IN_MOVED_TO);
  ASSERT_THAT(watch, IsOk());
  auto loader = Background::Start(host.Words({"run", "--now"}), world().options(),
                                  world().Path("loader.log"));
  ASSERT_THAT(loader, IsOk());
  ASSERT_THAT(watch->WaitForName("agent", loader->process(), absl::Seconds(30)), IsOk());
  ASSERT_THAT(coordinator().Kill(), IsOk());
  ASSERT_THAT(loader->WaitEnd(absl::Seconds(60)), IsOk());
  ASSERT_THAT(host.CheckAgent("1.0"), IsOk());
  ASSERT_THAT(coordinator().Start(), IsOk());

  ASSERT_THAT(host.Run(), IsOk());
  ASSERT_THAT(host.Run(), IsOk());

  const auto word = WordOf(host);
  ASSERT_THAT(word, IsOk());
  int installs = 0;
  for (const v1::HostOutcome& each : word->outcomes()) {
    installs += each.outcome().kind() == v1::Outcome::INSTALL ? 1 : 0;
  }
  EXPECT_EQ(installs, 1);
}

// Promise 3.
TEST_F(CrashTest, ALoaderKilledInAnInstallLeavesItToTheNextRun) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  ASSERT_THAT(RollOut({.version = "1.0"}), IsOk());
  ASSERT_THAT(host.Run(), IsOk());
  ASSERT_THAT(RollOut({.version = "1.1", .setting = "new"}), IsOk());
  auto watch = FileWatch::Of(host.agent_directory(), IN_MOVED_TO);
  ASSERT_THAT(watch, IsOk());
  auto loader = Background::Start(host.Words({"run", "--now"}), world().options(),
                                  world().Path("loader.log"));
  ASSERT_THAT(loader, IsOk());
  ASSERT_THAT(watch->WaitForName("agent", loader->process(), absl::Seconds(30)), IsOk());
  loader->Signal(SIGKILL);
  ASSERT_THAT(loader->WaitEnd(absl::Seconds(30)), IsOk());

  // Without the network, as at boot.
  ASSERT_THAT(coordinator().Stop(), IsOk());
  ASSERT_THAT(host.Do({"recover"}), IsOk());

  const auto agent = host.CheckAgent("1.1");
  ASSERT_THAT(agent, IsOk());
  EXPECT_EQ(agent->setting, "new");
  EXPECT_EQ(DigestOf(host.agent_program()).value(), DigestOf(Source("agent-1.1")).value());
  EXPECT_THAT(FilesBelow(host.agent_directory()), SizeIs(2)) << "nothing staged is left";
}

}  // namespace
}  // namespace mig::tests
