#include "sim/live/live_run.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"

// Of libraries below gRPC, which keep what they allocated once.
extern "C" const char* __lsan_default_suppressions() { return "leak:libcares\n"; }

namespace mig::sim {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Pair;

using base::testing::IsOk;
using base::testing::StatusIs;

constexpr char kProgram[] = "coordinator/mig-coordinator";

// 30 hosts, twice each; a third of them come in with a token.
Scenario Small() {
  Scenario scenario;
  scenario.file = "small.txtpb";
  scenario.name = "small";
  scenario.hosts = 30;
  scenario.certificates = 20;
  scenario.duration = absl::Seconds(4);
  scenario.check_in_every = absl::Seconds(2);
  scenario.releases = {
      {.version = "1.1", .components = {{"agent", 200'000, "1.1"}, {"configuration", 300, "1.1"}}}};
  scenario.rollouts = {{.release = 0, .waves = {{.upto_ppm = 1'000'000}}}};
  scenario.probation = absl::Seconds(1);
  return scenario;
}

// Processes that this one started and that have not ended.
std::vector<pid_t> Children() {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    pid_t pid = 0;
    if (!absl::SimpleAtoi(entry.path().filename().string(), &pid)) continue;
    std::ifstream status(entry.path() / "status");
    std::string line;
    while (std::getline(status, line)) {
      if (line == absl::StrCat("PPid:\t", getpid())) children.push_back(pid);
    }
  }
  return children;
}

std::vector<std::string> Leftovers() {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::temp_directory_path())) {
    const std::string name = entry.path().filename().string();
    if (absl::StartsWith(name, "mig-sim-")) names.push_back(name);
  }
  return names;
}

class LiveRunTest : public ::testing::Test {
 protected:
  // Other simulations of this machine are none of ours.
  LiveRunTest() {
    const std::string scratch = std::string(getenv("TEST_TMPDIR"));
    setenv("TMPDIR", scratch.c_str(), 1);
  }

  LiveOptions Options() { return {.seed = 7, .coordinator_program = kProgram, .stop = &stop_}; }

  // A program that starts and says nothing.
  static std::string NeverServes() {
    const std::string path = absl::StrCat(getenv("TEST_TMPDIR"), "/never-serves");
    std::ofstream(path) << "#!/bin/sh\nexec sleep 600\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }

  // Whatever happened: no process, no file.
  static void ExpectNothingIsLeft() {
    EXPECT_THAT(Children(), IsEmpty());
    EXPECT_THAT(Leftovers(), IsEmpty());
  }

  std::atomic<bool> stop_ = false;
};

// Promise 7.
TEST_F(LiveRunTest, EveryHostChecksInAsIntendedAndHasTheReleaseAtTheEnd) {
  const absl::StatusOr<Summary> summary = RunLive(Small(), Options());

  ASSERT_THAT(summary, IsOk());
  EXPECT_EQ(summary->ending, Ending::kWhole) << summary->ending_text;
  EXPECT_THAT(summary->errors_by_status, IsEmpty());
  EXPECT_EQ(summary->runs_intended, 60u);
  EXPECT_EQ(summary->runs, 60u);
  EXPECT_EQ(summary->check_ins, 60u);
  EXPECT_EQ(summary->enrollments, 10u);
  EXPECT_EQ(summary->installs, 30u);
  EXPECT_EQ(summary->reports, 30u);
  EXPECT_EQ(summary->installs_reported, 30u);
  EXPECT_EQ(summary->fetched_bytes, 30 * 200'300u);
  EXPECT_EQ(summary->on_newest, 30u);
  EXPECT_THAT(summary->hosts_by_version, ElementsAre(Pair("1.1", 30u)));
  // One for each run, and one more for each that enrolled.
  EXPECT_EQ(summary->handshakes_full, 70u);
  EXPECT_EQ(summary->phases.at(Phase::kConnect).count(), 70u);
  EXPECT_EQ(summary->phases.at(Phase::kCheckIn).count(), 60u);
  EXPECT_EQ(summary->phases.at(Phase::kFetch).count(), 60u);
  EXPECT_EQ(summary->phases.at(Phase::kReport).count(), 30u);
  EXPECT_EQ(summary->phases.at(Phase::kRun).count(), 60u);
  EXPECT_GE(summary->phases.at(Phase::kRun).max(), absl::Seconds(1));  // the probation
  EXPECT_FALSE(summary->violation.has_value()) << summary->violation->what;
  // After each run, at each start of an agent, and each host's rows at the end.
  EXPECT_EQ(summary->promises_checked, 60u + 30u + 30u);
  EXPECT_GT(summary->driver_rss_mib, 1);
  EXPECT_GT(summary->coordinator_rss_mib, 1);
  ExpectNothingIsLeft();
}

// Promise 5.
TEST_F(LiveRunTest, ACoordinatorThatIsKilledAndStartedAgainLosesNoReport) {
  Scenario scenario = Small();
  scenario.duration = absl::Seconds(12);
  scenario.coordinator_kills = {{.at = absl::Seconds(2), .down = absl::Seconds(2)}};

  const absl::StatusOr<Summary> summary = RunLive(scenario, Options());

  ASSERT_THAT(summary, IsOk());
  EXPECT_EQ(summary->ending, Ending::kWhole) << summary->ending_text;
  EXPECT_EQ(summary->coordinator_kills, 1u);
  EXPECT_EQ(summary->runs, 180u);
  EXPECT_THAT(summary->errors_by_status,
              Contains(Key("UNAVAILABLE")));  // each host came meanwhile
  EXPECT_EQ(summary->on_newest, 30u);
  // An attempt that the kill cut off is an outcome too.
  EXPECT_EQ(summary->installs_reported, 30u);
  EXPECT_EQ(summary->reports, summary->installs_reported + summary->others_reported);
  EXPECT_FALSE(summary->violation.has_value()) << summary->violation->what;
  ExpectNothingIsLeft();
}

TEST_F(LiveRunTest, ACoordinatorThatDiesByItselfEndsTheRunWithWhatWasSeen) {
  Scenario scenario = Small();
  scenario.duration = absl::Minutes(10);
  LiveOptions options = Options();
  options.progress = [](const Progress& progress) {
    if (progress.runs < 5) return;
    for (const pid_t child : Children()) kill(child, SIGKILL);
  };

  const absl::StatusOr<Summary> summary = RunLive(scenario, std::move(options));

  ASSERT_THAT(summary, IsOk());
  EXPECT_EQ(summary->ending, Ending::kCoordinatorGone);
  EXPECT_THAT(summary->ending_text, HasSubstr("signal 9"));
  EXPECT_THAT(summary->runs, Gt(4u));
  ExpectNothingIsLeft();
}

TEST_F(LiveRunTest, WhoeverStopsItGetsWhatWasSeenAtOnce) {
  Scenario scenario = Small();
  scenario.duration = absl::Minutes(10);
  scenario.probation = absl::Minutes(5);  // nobody waits for it
  LiveOptions options = Options();
  options.progress = [this](const Progress& progress) { stop_ = progress.runs >= 5; };

  const absl::StatusOr<Summary> summary = RunLive(scenario, std::move(options));

  ASSERT_THAT(summary, IsOk());
  EXPECT_EQ(summary->ending, Ending::kInterrupted);
  EXPECT_THAT(summary->runs, Gt(4u));
  EXPECT_LT(summary->lasted, absl::Minutes(2));
  // Of the time that it lasted, not of the ten minutes that it was to last: 15 each second.
  EXPECT_GE(summary->runs_intended, summary->runs);
  EXPECT_LE(summary->runs_intended, 15u * 120u);
  ExpectNothingIsLeft();
}

TEST_F(LiveRunTest, ACoordinatorThatAnswersNobodyEndsTheRunWithWhatWasSeen) {
  Scenario scenario = Small();
  scenario.duration = absl::Minutes(10);
  LiveOptions options = Options();
  options.most_silence = absl::Seconds(1);
  // It lives, and its port takes connections.
  options.progress = [](const Progress& progress) {
    if (progress.runs < 5) return;
    for (const pid_t child : Children()) kill(child, SIGSTOP);
  };

  const absl::StatusOr<Summary> summary = RunLive(scenario, std::move(options));

  ASSERT_THAT(summary, IsOk());
  EXPECT_EQ(summary->ending, Ending::kNoAnswer);
  EXPECT_EQ(summary->ending_text, "no call was answered for 1s");
  EXPECT_LT(summary->lasted, absl::Minutes(1));
  EXPECT_THAT(summary->runs, Gt(4u));
  EXPECT_FALSE(summary->violation.has_value()) << summary->violation->what;
  ExpectNothingIsLeft();
}

TEST_F(LiveRunTest, WhoeverStopsItBeforeThereIsAFleetWaitsForNone) {
  Scenario scenario = Small();
  scenario.hosts = scenario.certificates = 1'000;
  LiveOptions options = Options();
  options.coordinator_program = "/bin/false";  // where it gets that far, it fails otherwise
  std::thread stops([this] {
    while (Leftovers().empty()) sched_yield();
    stop_ = true;
  });

  EXPECT_THAT(RunLive(scenario, std::move(options)), StatusIs(absl::StatusCode::kCancelled));

  stops.join();
  ExpectNothingIsLeft();
}

TEST_F(LiveRunTest, WhoeverStopsItBeforeTheCoordinatorServesWaitsForNone) {
  LiveOptions options = Options();
  options.coordinator_program = NeverServes();
  std::thread stops([this] {
    while (Children().empty()) sched_yield();
    stop_ = true;
  });

  EXPECT_THAT(RunLive(Small(), std::move(options)), StatusIs(absl::StatusCode::kCancelled));

  stops.join();
  ExpectNothingIsLeft();
}

// 1.2 for five hosts at once, and for all after 9 s, if nobody halts it.
Scenario WithASecondRollout() {
  Scenario scenario = Small();
  scenario.duration = absl::Seconds(14);
  scenario.releases.push_back(
      {.version = "1.2", .components = {{"agent", 200'000, "1.2"}, {"configuration", 300, "1.1"}}});
  scenario.rollouts.push_back({.release = 1,
                               .start = absl::Seconds(4),
                               .waves = {{.upto_ppm = 1'000'000, .opens = absl::Seconds(9)}},
                               .canaries = 5});
  return scenario;
}

TEST_F(LiveRunTest, ARolloutThatIsHaltedGoesToNobodyElse) {
  Scenario scenario = WithASecondRollout();
  scenario.rollouts[1].halt = absl::Seconds(7);

  const absl::StatusOr<Summary> summary = RunLive(scenario, Options());

  ASSERT_THAT(summary, IsOk());
  EXPECT_EQ(summary->ending, Ending::kWhole) << summary->ending_text;
  EXPECT_THAT(summary->hosts_by_version, ElementsAre(Pair("1.1", 25u), Pair("1.2", 5u)));
  EXPECT_EQ(summary->installs, 35u);
  EXPECT_FALSE(summary->violation.has_value()) << summary->violation->what;
}

TEST_F(LiveRunTest, ARolloutThatStartsLaterComesThroughTheOperatorsPort) {
  const absl::StatusOr<Summary> summary = RunLive(WithASecondRollout(), Options());

  ASSERT_THAT(summary, IsOk());
  EXPECT_EQ(summary->ending, Ending::kWhole) << summary->ending_text;
  EXPECT_THAT(summary->hosts_by_version, ElementsAre(Pair("1.2", 30u)));
  EXPECT_EQ(summary->on_newest, 30u);
}

TEST_F(LiveRunTest, WithoutAProgramNothingIsBegun) {
  LiveOptions options = Options();
  options.coordinator_program = "/nowhere/mig-coordinator";

  EXPECT_THAT(RunLive(Small(), std::move(options)),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/nowhere/mig-coordinator")));
  ExpectNothingIsLeft();
}

TEST_F(LiveRunTest, AProgramThatIsNoCoordinatorIsNamedWithItsLastLine) {
  LiveOptions options = Options();
  options.coordinator_program = "/bin/false";

  EXPECT_THAT(RunLive(Small(), std::move(options)),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("ended with status 1")));
  ExpectNothingIsLeft();
}

TEST_F(LiveRunTest, AWaveWithoutHostsIsRefusedBeforeAnythingIsStarted) {
  Scenario scenario = Small();
  scenario.rollouts[0].waves = {{.upto_ppm = 1, .line = 12}, {.upto_ppm = 1'000'000, .line = 13}};

  EXPECT_THAT(RunLive(scenario, Options()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("small.txtpb:12")));
  ExpectNothingIsLeft();
}

}  // namespace
}  // namespace mig::sim
