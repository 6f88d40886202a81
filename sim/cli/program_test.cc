#include "sim/cli/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/testing/manual_clock.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "sim/cli/command_line.h"
#include "sim/cli/find_coordinator.h"
#include "sim/cli/progress_line.h"

namespace mig::sim {
namespace {

namespace fs = std::filesystem;

using base::testing::IsOkAndHolds;
using base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr char kScenario[] =
    "name: \"a\" hosts: 10 duration_s: 10 check_in_every_s: 5\n"
    "releases { version: \"1\" components { name: \"agent\" size_bytes: 9 } }\n"
    "rollouts { release: \"1\" waves { upto_ppm: 1000000 } }\n"
    "assertions: \"check_ins == 20\"\n";

class ProgramTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / "program_test";
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "sim");
    fs::create_directories(folder_ / "coordinator");
    Write("a.txtpb", kScenario);
    seen_.check_ins = 20;
    seen_.runs = seen_.runs_intended = 20;
  }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  void MakeProgram(const std::string& name) const {
    Write(name, "#!/bin/true\n");
    fs::permissions(folder_ / name, fs::perms::owner_all);
  }

  // The exit status of `mig-sim WORDS...`, with runners that see what `seen_` says.
  int Run(const std::vector<std::string>& words) {
    out_.str("");
    err_.str("");
    const std::variant<Command, Farewell> read = ReadCommandLine(words);
    if (const auto* farewell = std::get_if<Farewell>(&read)) {
      out_ << farewell->out;
      err_ << farewell->err;
      return farewell->exit;
    }
    base::testing::SeededRandom random{base::testing::Seed(5)};
    return RunCommand(
        std::get<Command>(read),
        {.out = out_,
         .err = err_,
         .clock = clock_,
         .random = random,
         .stop = stop_,
         .look = look_,
         .own_program = Path("sim/mig-sim")},
        {.live = [this](const Scenario& scenario,
                        const RunRequest& request) { return See(scenario, Mode::kLive, request); },
         .virtual_time =
             [this](const Scenario& scenario, const RunRequest& request) {
               return See(scenario, Mode::kVirtual, request);
             }});
  }
  absl::StatusOr<Summary> See(const Scenario& scenario, Mode mode, const RunRequest& request) {
    ++runs_;
    coordinator_ = request.coordinator_program;
    request.progress(Progress());
    if (!answer_.ok()) return answer_;
    seen_.scenario = scenario.name;
    seen_.mode = mode;
    seen_.seed = request.seed;
    return seen_;
  }

  fs::path folder_;
  base::testing::ManualClock clock_;
  std::atomic<bool> stop_ = false;
  ProgressLine::Look look_ = ProgressLine::Look::kNone;
  std::ostringstream out_;
  std::ostringstream err_;
  Summary seen_;
  absl::Status answer_;
  std::string coordinator_;
  int runs_ = 0;
};

TEST_F(ProgramTest, ASummaryIsAllThatStandardOutputGets) {
  EXPECT_EQ(Run({"run", Path("a.txtpb"), "--virtual", "--seed", "7"}), 0);
  EXPECT_THAT(out_.str(),
              AllOf(StartsWith("a  --virtual  seed 7"), EndsWith("exit 0: all held\n")));
  EXPECT_THAT(err_.str(), IsEmpty());
}

TEST_F(ProgramTest, JsonIsOneObject) {
  EXPECT_EQ(Run({"run", Path("a.txtpb"), "--virtual", "-o", "json"}), 0);
  EXPECT_THAT(out_.str(), AllOf(StartsWith("{"), EndsWith("}\n")));
  EXPECT_THAT(err_.str(), IsEmpty());
}

TEST_F(ProgramTest, AFailedAssertionIs99) {
  seen_.check_ins = 19;
  EXPECT_EQ(Run({"run", Path("a.txtpb"), "--virtual"}), 99);
  EXPECT_THAT(out_.str(), HasSubstr("x  check_ins == 20  19\n"));
}

TEST_F(ProgramTest, ARefusedScenarioIs104InOneLineAndNothingIsRun) {
  Write("a.txtpb", absl::StrCat(kScenario, "hots: 5\n"));

  EXPECT_EQ(Run({"run", Path("a.txtpb"), "--virtual"}), 104);

  EXPECT_THAT(err_.str(), StartsWith(absl::StrCat(Path("a.txtpb"), ":5: hots is no field")));
  EXPECT_EQ(err_.str().find('\n'), err_.str().size() - 1);
  EXPECT_THAT(out_.str(), IsEmpty());
  EXPECT_EQ(runs_, 0);
}

TEST_F(ProgramTest, WhatIsNoFileIs104) {
  for (const std::string& path : {Path("none.txtpb"), Path("sim"), std::string("/dev/zero")}) {
    EXPECT_EQ(Run({"run", path, "--virtual"}), 104) << path;
    EXPECT_THAT(err_.str(), StartsWith(absl::StrCat(path, ":1: ")));
  }
}

TEST_F(ProgramTest, WhatOnlyAFleetShowsIs104Too) {
  answer_ = absl::InvalidArgumentError("a.txtpb:3: rollouts.waves.upto_ppm has no host");
  EXPECT_EQ(Run({"run", Path("a.txtpb"), "--virtual"}), 104);
  EXPECT_EQ(err_.str(), "a.txtpb:3: rollouts.waves.upto_ppm has no host\n");
}

TEST_F(ProgramTest, AnErrorOfItsOwnIs1AndHasTheSeed) {
  answer_ = absl::InternalError("the coordinator does not start");
  EXPECT_EQ(Run({"run", Path("a.txtpb"), "--virtual", "--seed", "7"}), 1);
  EXPECT_EQ(err_.str(), "mig-sim: seed 7\nmig-sim: the coordinator does not start\n");
}

TEST_F(ProgramTest, CtrlCBeforeThereIsAFleetIs105WithASummaryOfNothing) {
  answer_ = absl::UnavailableError("the coordinator gave no answer");
  stop_ = true;
  EXPECT_EQ(Run({"run", Path("a.txtpb"), "--virtual", "--seed", "7"}), 105);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("runs 0 of"), HasSubstr("before the fleet was ready"),
                                HasSubstr("exit 105")));
  EXPECT_THAT(err_.str(), IsEmpty());
}

TEST_F(ProgramTest, AnySeedOf64BitsIsTaken) {
  for (const std::string seed : {"0", "1", "18446744073709551615"}) {
    EXPECT_EQ(Run({"run", Path("a.txtpb"), "--virtual", "-o", "json", "--seed", seed}), 0);
    EXPECT_THAT(out_.str(), HasSubstr(absl::StrCat("\"seed\":", seed, ",")));
  }
}

TEST_F(ProgramTest, OtherSeedsAreUsage) {
  for (const std::string seed :
       {"-1", "+1", "1e3", "18446744073709551616", "", " 1", "0x10", "abc", "1.0"}) {
    EXPECT_EQ(Run({"run", Path("a.txtpb"), "--virtual", absl::StrCat("--seed=", seed)}), 2) << seed;
    EXPECT_THAT(err_.str(), AllOf(StartsWith("mig-sim: "), HasSubstr("--help"))) << seed;
    EXPECT_EQ(Run({"run", Path("a.txtpb"), "--virtual", "--seed", seed}), 2) << seed;
  }
  EXPECT_EQ(runs_, 0);
}

TEST_F(ProgramTest, WithoutASeedOneIsDrawnAndPrinted) {
  EXPECT_EQ(Run({"run", Path("a.txtpb"), "--virtual"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr(absl::StrCat("--virtual --seed ", seen_.seed, "\n")));
}

TEST_F(ProgramTest, WrongArgumentsAreUsageAndNameTheHelp) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {},
           {"run"},
           {"run", "a", "b", "--virtual"},
           {"run", "a"},
           {"run", "a", "--live", "--virtual"},
           {"run", "a", "--virtual", "-o", "xml"},
           {"run", "a", "--virtual", "--coordinator", "x"},
           {"run", "a", "--virtual", "--fast"},
           {"run", "a", "--virtual=0", "--live"},
           {"run", "a", "--live=5"},
           {"run", "a", "--virtual", "--seed", "1", "--seed", "2"},
           {"preview", "a"}}) {
    EXPECT_EQ(Run(words), 2);
    EXPECT_THAT(err_.str(), AllOf(StartsWith("mig-sim: "), HasSubstr("--help")));
    EXPECT_EQ(err_.str().find('\n'), err_.str().size() - 1) << err_.str();
  }
}

TEST_F(ProgramTest, HelpHasExamplesAndExitStatus) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--help"}, {"run", "--help"}}) {
    EXPECT_EQ(Run(words), 0);
    EXPECT_THAT(out_.str(), AllOf(HasSubstr("mig-sim run sim/scenarios/small.txtpb --live"),
                                  HasSubstr("105 ended early")));
    EXPECT_THAT(err_.str(), IsEmpty());
  }
}

TEST_F(ProgramTest, TheCoordinatorBesideThisProgramIsFound) {
  MakeProgram("coordinator/mig-coordinator");
  EXPECT_EQ(Run({"run", Path("a.txtpb"), "--live"}), 0);
  EXPECT_EQ(coordinator_, Path("coordinator/mig-coordinator"));
}

TEST_F(ProgramTest, TheCoordinatorThatWasGivenIsTaken) {
  MakeProgram("coordinator/mig-coordinator");
  MakeProgram("mine");
  EXPECT_EQ(Run({"run", Path("a.txtpb"), "--live", "--coordinator", Path("mine")}), 0);
  EXPECT_EQ(coordinator_, Path("mine"));
}

TEST_F(ProgramTest, WithoutACoordinatorItSaysWhatToBuild) {
  Write("plain", "");
  EXPECT_EQ(Run({"run", Path("a.txtpb"), "--live"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("bazel build //coordinator:mig-coordinator"));
  EXPECT_EQ(Run({"run", Path("a.txtpb"), "--live", "--coordinator", Path("plain")}), 2);
  EXPECT_EQ(runs_, 0);
}

TEST_F(ProgramTest, OneInstalledInTheSameDirectoryIsFoundToo) {
  MakeProgram("sim/mig-coordinator");
  EXPECT_THAT(FindCoordinator(Path("sim/mig-sim"), ""), IsOkAndHolds(Path("sim/mig-coordinator")));
}

TEST_F(ProgramTest, ProgressIsOnATerminalOnlyAndGoesAway) {
  look_ = ProgressLine::Look::kRedrawn;
  EXPECT_EQ(Run({"run", Path("a.txtpb"), "--virtual"}), 0);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("loaders 0"), EndsWith("\r\033[K")));
}

TEST(ProgressLineTest, SaysHowFarItIs) {
  EXPECT_EQ(ProgressText({.lasted = absl::Seconds(192),
                          .whole = absl::Minutes(10),
                          .loaders = 10'000,
                          .runs = 1'204,
                          .runs_intended = 1'210,
                          .errors = 3}),
            "03m12s/10m00s [###.......] loaders 10,000  runs 1,204 of 1,210  err 3");
}

TEST(ProgressLineTest, AScreenReaderHearsALineEveryTenSeconds) {
  base::testing::ManualClock clock;
  std::ostringstream out;
  {
    ProgressLine line(out, clock, ProgressLine::Look::kLineByLine);
    for (int second = 0; second < 25; ++second) {
      line.Show(Progress());
      clock.Advance(absl::Seconds(1));
    }
  }
  EXPECT_EQ(std::ranges::count(out.str(), '\n'), 3);
  EXPECT_EQ(out.str().find('\033'), std::string::npos);
}

}  // namespace
}  // namespace mig::sim
