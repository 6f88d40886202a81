// An agent's life under the real loader: each way of being bad (ADVERSARY 127 to 135, 139), what it
// forks, what it says of itself, and what operators then see.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/testing/status_matchers.h"
#include "tests/agent/descriptor.h"
#include "tests/end_to_end/house.h"
#include "tests/harness/file_watch.h"
#include "tests/harness/files.h"

namespace mig::tests {
namespace {

using base::testing::IsOk;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kWentBack = 6;
constexpr int kCannotGoBack = 7;
constexpr int kBusy = 75;

class AgentLifeTest : public House {
 protected:
  using Words = std::vector<std::string>;

  // A host on which 1.0 is installed and runs.
  LoaderHost& HostOf10(const HostOptions& options, const AgentRelease& first = {.version = "1.0"}) {
    LoaderHost& host = EnrolledHost(options);
    EXPECT_THAT(RollOut(first), IsOk());
    EXPECT_THAT(host.Run(), IsOk());
    EXPECT_THAT(host.CheckAgent("1.0"), IsOk());
    return host;
  }
  std::string OutputOf(const LoaderHost& host, const Words& words) {
    const auto result = host.Do(words);
    EXPECT_THAT(result, IsOk());
    return result.ok() ? result->out : "";
  }
  v1::Outcome NewestOutcome(const LoaderHost& host) {
    const auto word = WordOf(host);
    EXPECT_THAT(word, IsOk());
    return word.ok() && word->outcomes_size() > 0 ? word->outcomes(0).outcome() : v1::Outcome();
  }
  static bool Runs(pid_t pid) {
    std::error_code error;
    return !std::filesystem::read_symlink(absl::StrCat("/proc/", pid, "/exe"), error).empty();
  }
  static bool GroupsMayBeMade() {
    for (const char* const mount : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
      const std::string probe = absl::StrCat(mount, "/mig-test-", getpid());
      std::error_code error;
      if (!std::filesystem::exists(absl::StrCat(mount, "/cgroup.procs"))) continue;
      if (!std::filesystem::create_directory(probe, error)) continue;
      std::filesystem::remove(probe, error);
      return true;
    }
    return false;
  }
};

struct Bad {
  std::string what;
  std::vector<std::string> make;
  std::string code;
};

// Promise 4.
TEST_F(AgentLifeTest, Adversary127EachBadAgentGoesBackIsBadHereAndIsReportedWithItsReason) {
  const std::string program = absl::StrCat(world().Path("one"), "/agent/agent");
  LoaderHost& host =
      HostOf10({.name = "one",
                .probation = absl::Milliseconds(1500),
                .more = absl::StrCat("ready_timeout = \"400ms\"\nstop_timeout = \"300ms\"\n",
                                     "version_command = [\"", program, "\", \"--version\"]")});
  const auto good = DigestOf(host.agent_program());
  const Bad kBad[] = {
      {"exits at once", {"--behaviour", "exit-at-once", "--exit-status", "3"}, "EXIT"},
      {"ends late in its probation", {"--behaviour", "exit-after", "--after-ms", "1200"}, "EXIT"},
      {"hangs", {"--behaviour", "hang"}, "PROBE_TIMEOUT"},
      {"is never ready", {"--behaviour", "never-ready"}, "PROBE"},
      {"is ready too late", {"--behaviour", "ready-after", "--after-ms", "1000"}, "PROBE"},
      {"is unwell, and SIGTERM does not end it",
       {"--behaviour", "unhealthy", "--ignore-sigterm"},
       "PROBE"},
      {"is of another version", {"--version", "9.9"}, "PROBE"},
  };
  int version = 0;
  for (const Bad& bad : kBad) {
    SCOPED_TRACE(bad.what);
    ASSERT_THAT(
        RollOut({.version = absl::StrCat("1.", ++version), .setting = "new", .make = bad.make}),
        IsOk());

    EXPECT_THAT(host.Run(kWentBack), IsOk());

    const auto agent = host.CheckAgent("1.0");
    ASSERT_THAT(agent, IsOk());
    EXPECT_EQ(agent->setting, "none");
    EXPECT_EQ(DigestOf(host.agent_program()).value(), good.value());
    const v1::Outcome outcome = NewestOutcome(host);
    EXPECT_EQ(outcome.result(), v1::Outcome::WENT_BACK);
    EXPECT_EQ(v1::Refusal::Code_Name(outcome.refusal().code()), bad.code);

    // Bad here: it is not given again.
    EXPECT_THAT(host.Run(), IsOk());
    EXPECT_EQ(host.Agent().pid, agent->pid);
    EXPECT_THAT(OutputOf(host, {"explain"}), HasSubstr("went back by itself"));
  }
}

// Promise 4.
TEST_F(AgentLifeTest, Adversary130AKeptSetThatIsUnhealthyTooIsSaidAndNotFoughtOver) {
  LoaderHost& host = HostOf10({.name = "one", .probation = absl::Milliseconds(600)});
  ASSERT_THAT(RollOut({.version = "1.1", .make = {"--behaviour", "exit-at-once"}}), IsOk());
  // From now on nobody answers the probe, whatever runs.
  const std::string dictionary = ReadFile(host.dictionary()).value();
  ASSERT_THAT(WriteFile(host.dictionary(), absl::StrReplaceAll(dictionary, {{"/health", "/no"}})),
              IsOk());

  EXPECT_THAT(host.Run(kCannotGoBack), IsOk());

  const v1::Outcome outcome = NewestOutcome(host);
  EXPECT_EQ(outcome.result(), v1::Outcome::CANNOT_GO_BACK);
  EXPECT_THAT(outcome.refusal().text(),
              AllOf(HasSubstr("new: EXIT"), HasSubstr("put back: PROBE")));
  const pid_t pid = host.Agent().pid;
  EXPECT_NE(pid, 0);
  EXPECT_THAT(host.Run(), IsOk());
  EXPECT_EQ(host.Agent().pid, pid) << "nothing is started again and again";
  EXPECT_THAT(OutputOf(host, {"status"}), HasSubstr("NOT HEALTHY"));
}

TEST_F(AgentLifeTest, ADeadAgentIsStartedAgainThoughNoFileChangedAndThatIsSeen) {
  LoaderHost& host = HostOf10({.name = "one"});
  const pid_t first = host.Agent().pid;
  ASSERT_EQ(kill(first, SIGKILL), 0);

  ASSERT_THAT(host.Run(), IsOk());

  const auto agent = host.CheckAgent("1.0");
  ASSERT_THAT(agent, IsOk());
  EXPECT_NE(agent->pid, first);
  EXPECT_THAT(OutputOf(host, {"status"}), HasSubstr("found dead and started again 1 time"));
  EXPECT_THAT(OutputOf(host, {"explain"}), HasSubstr("found dead"));
  const v1::Outcome notice = NewestOutcome(host);
  EXPECT_EQ(notice.kind(), v1::Outcome::NOTICE);
  EXPECT_EQ(notice.refusal().code(), v1::Refusal::EXIT);
}

TEST_F(AgentLifeTest, AConfigurationThatWasEditedHereIsPutRightOrKeptAsTheDictionarySays) {
  LoaderHost& host = HostOf10({.name = "one"});
  const std::string good = ReadFile(host.agent_config()).value();
  const std::string edited = absl::StrCat(good, "# by hand\n");
  ASSERT_THAT(WriteFile(host.agent_config(), edited), IsOk());
  ASSERT_THAT(host.Run(), IsOk());
  EXPECT_EQ(ReadFile(host.agent_config()).value(), good);
  EXPECT_EQ(NewestOutcome(host).kind(), v1::Outcome::REPAIR);
  EXPECT_THAT(NewestOutcome(host).refusal().text(), HasSubstr("put right: configuration"));

  const std::string dictionary = ReadFile(host.dictionary()).value();
  ASSERT_THAT(WriteFile(host.dictionary(),
                        absl::StrReplaceAll(dictionary, {{"mode = \"0644\"",
                                                          "mode = \"0644\"\nlocal_change = "
                                                          "\"keep\""}})),
              IsOk());
  ASSERT_THAT(WriteFile(host.agent_config(), edited), IsOk());
  ASSERT_THAT(host.Run(), IsOk());
  EXPECT_EQ(ReadFile(host.agent_config()).value(), edited);
  EXPECT_EQ(NewestOutcome(host).refusal().code(), v1::Refusal::LOCAL_CHANGE_KEPT);
  EXPECT_THAT(OutputOf(host, {"status"}), HasSubstr("changed here and kept so: configuration"));
}

// Promise 4.
TEST_F(AgentLifeTest, AnAgentThatSaysReadyIsHeardAndOneThatNeverDoesGoesBack) {
  LoaderHost& host = HostOf10({.name = "one",
                               .probation = absl::Seconds(1),
                               .more = "notify = true\nready_timeout = \"500ms\""},
                              {.version = "1.0", .make = {"--notify"}});
  ASSERT_THAT(RollOut({.version = "1.1"}), IsOk());  // it serves, and never says so

  EXPECT_THAT(host.Run(kWentBack), IsOk());

  ASSERT_THAT(host.CheckAgent("1.0"), IsOk());
  EXPECT_EQ(NewestOutcome(host).refusal().code(), v1::Refusal::PROBE_TIMEOUT);
  EXPECT_THAT(NewestOutcome(host).refusal().text(), HasSubstr("READY=1"));
  ASSERT_THAT(RollOut({.version = "1.2", .make = {"--notify"}}), IsOk());
  EXPECT_THAT(host.Run(), IsOk());
  EXPECT_THAT(host.CheckAgent("1.2"), IsOk());
}

TEST_F(AgentLifeTest, Adversary131WhatAnAgentForkedAwayEndsWithIt) {
  if (!GroupsMayBeMade()) GTEST_SKIP() << "no control groups here that this user may make";
  LoaderHost& host = HostOf10({.name = "one", .more = "stop_timeout = \"200ms\""},
                              {.version = "1.0", .make = {"--stray"}});
  pid_t stray = 0;
  ASSERT_TRUE(absl::SimpleAtoi(
      absl::StripAsciiWhitespace(ReadFile(host.Path("agent.pid.stray")).value()), &stray));
  ASSERT_TRUE(Runs(stray));
  ASSERT_THAT(RollOut({.version = "1.1"}), IsOk());

  ASSERT_THAT(host.Run(), IsOk());

  EXPECT_THAT(host.CheckAgent("1.1"), IsOk());
  EXPECT_FALSE(Runs(stray));
}

// Promise 3.
TEST_F(AgentLifeTest, Adversary133ALoaderThatTheAgentStartedSurvivesTheAgentsRestart) {
  const std::string command = absl::StrCat("on_sigusr1 = ", world().programs().loader, " --config ",
                                           world().Path("one/loader.toml"), " run --now\n");
  LoaderHost& host =
      HostOf10({.name = "one", .more = "stop_timeout = \"200ms\""},
               {.version = "1.0", .more_configuration = command, .make = {"--stray"}});
  ASSERT_THAT(RollOut({.version = "1.1", .setting = "new"}), IsOk());
  auto watch = FileWatch::Of(host.Path("state"), IN_MOVED_TO);
  ASSERT_THAT(watch, IsOk());
  const pid_t old = host.Agent().pid;

  ASSERT_EQ(kill(old, SIGUSR1), 0);  // it runs the loader, as a child of its own

  ASSERT_THAT(watch->WaitForName("journal", Descriptor(), absl::Seconds(60)), IsOk());
  // That one holds the lock until it has ended, of itself or not.
  int status = kBusy;
  for (int i = 0; i < 20000 && status == kBusy; ++i) {
    const auto run = host.Try({"run", "--now"});
    ASSERT_THAT(run, IsOk());
    status = run->exit_status;
  }
  EXPECT_EQ(status, 0);
  const auto agent = host.CheckAgent("1.1");
  ASSERT_THAT(agent, IsOk());
  EXPECT_EQ(agent->setting, "new");
  EXPECT_FALSE(Runs(old));
  const v1::Outcome outcome = NewestOutcome(host);
  EXPECT_EQ(outcome.result(), v1::Outcome::HEALTHY);
  EXPECT_EQ(outcome.stage(), v1::Outcome::COMPLETE);
  for (const v1::StageTime& time : outcome.stage_times()) {
    EXPECT_NE(time.stage(), v1::Outcome::RECOVER) << "one loader did it from beginning to end";
  }
}

// Promise 3.
TEST_F(AgentLifeTest, Adversary139AReleaseWithFewerComponentsGoesBackWithAllOfThem) {
  ASSERT_THAT(WriteFile(world().Path("extra"), "more\n"), IsOk());
  LoaderHost& host = HostOf10(
      {.name = "one"}, {.version = "1.0", .extra = {{"conf/20-more.cfg", world().Path("extra")}}});
  ASSERT_THAT(RollOut({.version = "1.1",
                       .make = {"--behaviour", "exit-at-once"},
                       .retire = {"conf/20-more.cfg"}}),
              IsOk());
  EXPECT_THAT(host.Run(kWentBack), IsOk());
  EXPECT_EQ(ReadFile(host.Path("agent/conf.d/20-more.cfg")).value(), "more\n");

  ASSERT_THAT(RollOut({.version = "1.2", .retire = {"conf/20-more.cfg"}}), IsOk());
  EXPECT_THAT(host.Run(), IsOk());
  EXPECT_FALSE(std::filesystem::exists(host.Path("agent/conf.d/20-more.cfg")));
}

}  // namespace
}  // namespace mig::tests
