// mig-sim run --live: a small herd against the real coordinator, over real mutual TLS.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "tests/simulation/sim_program.h"

namespace mig::tests {
namespace {

namespace fs = std::filesystem;

using base::testing::IsOk;
using base::testing::IsOkAndHolds;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The coordinators that process `parent` started.
std::vector<pid_t> CoordinatorsOf(pid_t parent) {
  std::vector<pid_t> found;
  for (const fs::directory_entry& thread :
       fs::directory_iterator(absl::StrCat("/proc/", parent, "/task"))) {
    std::ifstream children(thread.path() / "children");
    for (pid_t child = 0; children >> child;) {
      std::ifstream name(absl::StrCat("/proc/", child, "/comm"));
      std::string word;
      if (name >> word && absl::StartsWith(word, "mig-coordinat")) found.push_back(child);
    }
  }
  return found;
}

// Whether it ends, now or in a moment, whoever is to collect it: at most a minute.
bool IsGone(pid_t process) {
  for (int i = 0; i < 60'000; ++i) {
    std::ifstream stat(absl::StrCat("/proc/", process, "/stat"));
    std::string number, name, state;
    if (!(stat >> number >> name >> state) || state == "Z") return true;
    poll(nullptr, 0, 1);
  }
  return false;
}

class LiveTest : public ::testing::Test {
 protected:
  SimProgram sim_{"live_test"};
};

TEST_F(LiveTest, ASmallHerdIsCountedAsArithmeticSaysAndAllHandshakesAreFull) {
  const std::string file =
      sim_.Write("a.txtpb", ScenarioOf({.hosts = 12, .duration_s = 8, .check_in_every_s = 4}));

  const CommandResult result = sim_.Run({"run", file, "--live", "-o", "json", "--seed", "7"});

  EXPECT_THAT(result.exit_status, AnyOf(0, 111)) << result.ToString();  // a busy machine is late
  const auto json = ParsedJson(result.out);
  EXPECT_TRUE(json.fields().at("outcome_hash").has_null_value());
  EXPECT_EQ(Figure(json, "loaders"), 12);
  EXPECT_EQ(Figure(json, "runs_intended"), 24);
  EXPECT_EQ(Figure(json, "runs"), 24);
  EXPECT_EQ(Figure(json, "check_ins"), 24);
  EXPECT_EQ(Figure(json, "installs"), 12);
  EXPECT_EQ(Figure(json, "hosts_on_newest"), 12);
  EXPECT_EQ(Figure(json, "errors"), 0);
  EXPECT_EQ(Figure(json, "handshakes_full"), 24);
  EXPECT_EQ(Figure(json, "seed"), 7);
  EXPECT_GT(Figure(json, "peak_rss_mib"), 0);
}

TEST_F(LiveTest, ThroughALinkItFindsItsCoordinatorToo) {
  const std::string file =
      sim_.Write("a.txtpb", ScenarioOf({.hosts = 2, .duration_s = 2, .check_in_every_s = 2}));
  fs::create_symlink(sim_.path(), sim_.Path("linked"));

  const auto result = RunCommand({sim_.Path("linked"), "run", file, "--live"}, {});

  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->exit_status, AnyOf(0, 111)) << result->ToString();
}

TEST_F(LiveTest, FaultsItCannotMakeAreRefusedByName) {
  const std::string file = sim_.Write("a.txtpb", ScenarioOf({.more = "link { lost_ppm: 5 }"}));
  const CommandResult result = sim_.Run({"run", file, "--live"});
  EXPECT_EQ(result.exit_status, 104);
  EXPECT_THAT(result.err, HasSubstr(":4: link.lost_ppm "));
}

TEST_F(LiveTest, CtrlCGivesTheSummarySoFarAndLeavesNoProcess) {
  const std::string file =
      sim_.Write("a.txtpb", ScenarioOf({.hosts = 4, .duration_s = 600, .check_in_every_s = 4}));
  const auto watched = sim_.Watch({"run", file, "--live"});
  ASSERT_THAT(watched->WaitFor("loaders 4", absl::Minutes(1)), IsOk());
  const std::vector<pid_t> coordinators = CoordinatorsOf(watched->pid());
  ASSERT_THAT(coordinators, SizeIs(1));

  watched->Signal(SIGINT);

  EXPECT_THAT(watched->WaitEnd(absl::Minutes(1)), IsOkAndHolds(105));
  EXPECT_THAT(watched->Out(), AllOf(HasSubstr("fleet  --live"), HasSubstr("ENDED EARLY"),
                                    HasSubstr("exit 105: ended early\n")));
  EXPECT_NE(kill(coordinators.front(), 0), 0) << "the coordinator lives on";
}

TEST_F(LiveTest, ACoordinatorThatDiesGivesTheSummarySoFarAnd105) {
  const std::string file =
      sim_.Write("a.txtpb", ScenarioOf({.hosts = 4, .duration_s = 600, .check_in_every_s = 4}));
  const auto watched = sim_.Watch({"run", file, "--live"});
  ASSERT_THAT(watched->WaitFor("loaders 4", absl::Minutes(1)), IsOk());
  const std::vector<pid_t> coordinators = CoordinatorsOf(watched->pid());
  ASSERT_THAT(coordinators, SizeIs(1));

  kill(coordinators.front(), SIGKILL);

  EXPECT_THAT(watched->WaitEnd(absl::Minutes(1)), IsOkAndHolds(105));
  EXPECT_THAT(watched->Out(), AllOf(HasSubstr("ENDED EARLY"), HasSubstr("coordinator")));
}

// timeout(1) sends one to the process and one to its group.
TEST_F(LiveTest, TwoSignalsInOneMomentAreOne) {
  const std::string file =
      sim_.Write("a.txtpb", ScenarioOf({.hosts = 4, .duration_s = 600, .check_in_every_s = 4}));
  const auto watched = sim_.Watch({"run", file, "--live"});
  ASSERT_THAT(watched->WaitFor("loaders 4", absl::Minutes(1)), IsOk());

  watched->Signal(SIGINT);
  watched->Signal(SIGTERM);

  EXPECT_THAT(watched->WaitEnd(absl::Minutes(1)), IsOkAndHolds(105));
  EXPECT_THAT(watched->Out(), HasSubstr("exit 105"));
}

// Its coordinator does not end as it is told, so neither does the first one.
TEST_F(LiveTest, AnotherCtrlCEndsEverythingAtOnceAndLeavesNothing) {
  const std::string file =
      sim_.Write("a.txtpb", ScenarioOf({.hosts = 4, .duration_s = 600, .check_in_every_s = 4}));
  const auto watched = sim_.Watch({"run", file, "--live"});
  ASSERT_THAT(watched->WaitFor("loaders 4", absl::Minutes(1)), IsOk());
  const std::vector<pid_t> coordinators = CoordinatorsOf(watched->pid());
  ASSERT_THAT(coordinators, SizeIs(1));
  kill(coordinators.front(), SIGSTOP);

  absl::StatusOr<int> ended = absl::UnavailableError("not yet");
  for (int i = 0; i < 600 && !ended.ok(); ++i) {
    watched->Signal(SIGINT);
    ended = watched->WaitEnd(absl::Milliseconds(100));
  }

  EXPECT_THAT(ended, IsOkAndHolds(128 + SIGINT));
  EXPECT_THAT(watched->Out(), IsEmpty());
  EXPECT_TRUE(fs::is_empty(sim_.scratch()));
  EXPECT_TRUE(IsGone(coordinators.front()));
}

TEST_F(LiveTest, WhatIsLeftByKillMinusNineGoesWithTheNextRun) {
  const std::string file =
      sim_.Write("a.txtpb", ScenarioOf({.hosts = 2, .duration_s = 600, .check_in_every_s = 2}));
  const auto watched = sim_.Watch({"run", file, "--live"});
  ASSERT_THAT(watched->WaitFor("loaders 2", absl::Minutes(1)), IsOk());
  const std::vector<pid_t> coordinators = CoordinatorsOf(watched->pid());
  ASSERT_THAT(coordinators, SizeIs(1));

  watched->Signal(SIGKILL);

  ASSERT_THAT(watched->WaitEnd(absl::Minutes(1)), IsOk());
  EXPECT_TRUE(IsGone(coordinators.front()));
  EXPECT_FALSE(fs::is_empty(sim_.scratch()));
  const std::string next =
      sim_.Write("b.txtpb", ScenarioOf({.hosts = 2, .duration_s = 2, .check_in_every_s = 2}));
  EXPECT_THAT(sim_.Run({"run", next, "--live"}).exit_status, AnyOf(0, 111));
  EXPECT_TRUE(fs::is_empty(sim_.scratch()));
}

}  // namespace
}  // namespace mig::tests
