// mig-sim run --virtual, as a person and a script meet it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/testing/seed.h"
#include "base/testing/status_matchers.h"
#include "tests/harness/command.h"
#include "tests/simulation/sim_program.h"

namespace mig::tests {
namespace {

using base::testing::IsOk;
using base::testing::IsOkAndHolds;
using base::testing::Seed;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class VirtualTest : public ::testing::Test {
 protected:
  google::protobuf::Struct Json(const std::string& file, uint64_t seed) {
    const CommandResult result =
        sim_.Run({"run", file, "--virtual", "-o", "json", "--seed", absl::StrCat(seed)});
    EXPECT_EQ(result.exit_status, 0) << result.ToString() << result.out;
    EXPECT_THAT(result.err, IsEmpty());
    return ParsedJson(result.out);
  }
  std::string HashOf(const std::string& file, uint64_t seed) {
    const auto json = Json(file, seed);
    return json.fields().at("outcome_hash").string_value();
  }

  SimProgram sim_{"virtual_test"};
};

TEST_F(VirtualTest, AScenarioIsRefusedInOneLineByFileLineAndField) {
  struct Refusal {
    std::string more;
    std::string place;
  };
  for (const Refusal& refusal :
       {Refusal{"hots: 5", ":4: hots "}, Refusal{"certificates: 11", ":4: certificates "},
        Refusal{"probation_s: 5", ":4: probation_s "},
        Refusal{"assertions: \"fun == 5\"", ":4: assertions "},
        Refusal{"rollouts { release: \"1\" start_s: 5\nwaves { upto_ppm: 99999 opens_s: 5 }\n"
                "waves { upto_ppm: 1000000 opens_s: 9 } }",
                ":5: rollouts.waves.upto_ppm "}}) {
    const std::string file = sim_.Write("bad.txtpb", ScenarioOf({.more = refusal.more}));

    const CommandResult result = sim_.Run({"run", file, "--virtual"});

    EXPECT_EQ(result.exit_status, 104) << result.ToString();
    EXPECT_THAT(result.err, StartsWith(file + refusal.place));
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    EXPECT_THAT(result.out, IsEmpty());
  }
}

TEST_F(VirtualTest, AScenarioThatIsNotThereIsRefused) {
  const CommandResult result = sim_.Run({"run", "/none.txtpb", "--virtual", "-o", "json"});
  EXPECT_EQ(result.exit_status, 104);
  EXPECT_THAT(result.err, StartsWith("/none.txtpb:1: cannot be read: No such file"));
  EXPECT_THAT(result.out, IsEmpty());
}

TEST_F(VirtualTest, JsonIsOneObjectThatOthersReadToo) {
  const std::string file = sim_.Write("a.txtpb", ScenarioOf({.more = "assertions: \"runs > 0\""}));
  const CommandResult result = sim_.Run({"run", file, "--virtual", "-o", "json"});
  ASSERT_EQ(result.exit_status, 0) << result.ToString();

  const std::string written = sim_.Write("a.json", result.out);
  const auto tool = RunCommand({"/usr/bin/python3", "-m", "json.tool", written}, {});

  ASSERT_THAT(tool, IsOk());
  EXPECT_EQ(tool->exit_status, 0) << tool->err;
  for (const char* key : {"outcome_hash", "loaders", "check_ins", "errors", "handshakes_full",
                          "peak_rss_mib", "phases", "assertions", "seed"}) {
    EXPECT_THAT(tool->out, HasSubstr(absl::StrCat("\"", key, "\": "))) << key;
  }
}

TEST_F(VirtualTest, WhatIsCountedIsWhatArithmeticSays) {
  const std::string file = sim_.Write("a.txtpb", ScenarioOf({.hosts = 12, .more = R"(
      certificates: 9
      releases { version: "2" components { name: "agent" size_bytes: 50000 } }
      rollouts { release: "2" start_s: 180
                 waves { upto_ppm: 500000 opens_s: 180 } waves { upto_ppm: 1000000 opens_s: 300 } }
      )"}));

  const auto json = Json(file, Seed::FromEnvironmentOrRandom().value());

  EXPECT_EQ(Figure(json, "loaders"), 12);
  EXPECT_EQ(Figure(json, "runs_intended"), 120);
  EXPECT_EQ(Figure(json, "runs"), 120);
  EXPECT_EQ(Figure(json, "check_ins"), 120);
  EXPECT_EQ(Figure(json, "enrollments"), 3);
  EXPECT_EQ(Figure(json, "installs"), 24);
  EXPECT_EQ(Figure(json, "reports"), 24);
  EXPECT_EQ(Figure(json, "fetched_bytes"), 12 * (70'000 + 50'000));
  EXPECT_EQ(Figure(json, "hosts_on_newest"), 12);
  EXPECT_EQ(Figure(json, "errors"), 0);
  EXPECT_GE(Figure(json, "promises_checked"), 120);
}

TEST_F(VirtualTest, TheSameSeedIsTheSameOutcomeInTwoProcessesAndAnotherSeedAnother) {
  const std::string file = sim_.Write("a.txtpb", ScenarioOf({.more = R"(
      link { latency_ms: 20 jitter_ms: 50 lost_ppm: 50000 cut_ppm: 100000 }
      power_cuts { installs_ppm: 500000 off_s: 30 }
      coordinator_kills { at_s: 70 down_s: 20 }
      )"}));
  const uint64_t seed = Seed::FromEnvironmentOrRandom().value();
  SCOPED_TRACE(seed);

  const std::string first = HashOf(file, seed);

  EXPECT_EQ(first.size(), 64u);
  EXPECT_EQ(HashOf(file, seed), first);
  EXPECT_NE(HashOf(file, seed + 1), first);
}

TEST_F(VirtualTest, TheLeastAndTheLargestSeedAreTaken) {
  const std::string file = sim_.Write("a.txtpb", ScenarioOf({.hosts = 2, .duration_s = 60}));
  for (const char* seed : {"0", "18446744073709551615"}) {
    const CommandResult result = sim_.Run({"run", file, "--virtual", "--seed", seed});
    EXPECT_EQ(result.exit_status, 0) << result.ToString();
    EXPECT_THAT(result.out, HasSubstr(absl::StrCat("--virtual --seed ", seed, "\n")));
  }
  for (const char* seed : {"-1", "1e3", "18446744073709551616"}) {
    EXPECT_EQ(sim_.Run({"run", file, "--virtual", "--seed", seed}).exit_status, 2) << seed;
  }
}

TEST_F(VirtualTest, AFailedAssertionIs99AndSaysWhatWasSeen) {
  const std::string file =
      sim_.Write("a.txtpb", ScenarioOf({.more = "assertions: \"hosts_on_newest == 9\"\n"
                                                "assertions: \"p99_report < 1h\"\n"}));
  EXPECT_EQ(sim_.Run({"run", file, "--virtual"}).exit_status, 104) << "h is no unit here";

  const std::string good = sim_.Write("b.txtpb", ScenarioOf({.more = R"(
      assertions: "hosts_on_newest == 9" assertions: "p99_report < 3600s")"}));
  const CommandResult result = sim_.Run({"run", good, "--virtual"});
  EXPECT_EQ(result.exit_status, 99) << result.ToString();
  EXPECT_THAT(result.out, AllOf(HasSubstr("x  hosts_on_newest == 9  10\n"),
                                HasSubstr("ok p99_report < 3600s"), HasSubstr("exit 99: ")));
}

TEST_F(VirtualTest, CtrlCGivesTheSummarySoFarAnd105) {
  const std::string file =
      sim_.Write("long.txtpb",
                 ScenarioOf({.hosts = 1'000, .duration_s = 90 * 86'400, .check_in_every_s = 600}));
  const auto watched = sim_.Watch({"run", file, "--virtual"});
  ASSERT_THAT(watched->WaitFor("loaders 1,000", absl::Minutes(1)), IsOk());

  watched->Signal(SIGINT);

  EXPECT_THAT(watched->WaitEnd(absl::Minutes(1)), IsOkAndHolds(105));
  EXPECT_THAT(watched->Out(), AllOf(StartsWith("fleet  --virtual"), HasSubstr("ENDED EARLY"),
                                    HasSubstr("exit 105: ended early\n")));
}

}  // namespace
}  // namespace mig::tests
