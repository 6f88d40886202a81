// Agents that are not well: the kept set runs again, the release is bad here, and says so.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/sha256.h"
#include "base/sizes.h"
#include "loader/run/testing/run_test_base.h"

namespace mig::loader {
namespace {

using testing::Contents;
using testing::Files;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using v1::Refusal;
using Change = ProductResult::Change;

class BadAgentRunTest : public testing::RunTest {
 protected:
  base::Digest RollBad(uint64_t sequence, absl::string_view how) {
    Contents contents = Release("bad");
    contents["agent"] = std::string(how) + std::to_string(sequence);
    return coordinator_.Roll(sequence, contents);
  }
};

// Promise 4.
TEST_F(BadAgentRunTest, GoesBackByItselfAndSaysWhy) {
  const base::Digest old = GivenInstalled();
  const base::Digest bad = RollBad(2, "crashes");

  const RunResult result = host_.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kWentBack);
  EXPECT_EQ(result.products[0].change, Change::kWentBack);
  EXPECT_EQ(result.products[0].refusal.code(), Refusal::EXIT);
  EXPECT_EQ(result.products[0].refusal.exit_status(), 139u);
  EXPECT_EQ(host_.Managed(), FilesOf("1.1"));
  EXPECT_NE(host_.AgentPid(), 0);
  EXPECT_EQ(host_.Trusted().product("agent")->installed->manifest, old);
  EXPECT_EQ(host_.Trusted().product("agent")->seen->digest, bad);
  ASSERT_THAT(host_.Trusted().product("agent")->bad, SizeIs(1));
  EXPECT_EQ(host_.Trusted().product("agent")->bad[0].manifest, bad);
  EXPECT_EQ(trust::DisplayOf(host_.Trusted().product("agent")->bad[0]), "EXIT_139");
  const std::vector<v1::Outcome> installs = OutcomesOf(v1::Outcome::INSTALL);
  ASSERT_THAT(installs, SizeIs(2));
  EXPECT_EQ(installs[1].result(), v1::Outcome::WENT_BACK);
  EXPECT_EQ(installs[1].refusal().code(), Refusal::EXIT);
  EXPECT_EQ(installs[1].stage(), v1::Outcome::HEALTH);
}

// Promise 4.
TEST_F(BadAgentRunTest, IsNotTriedAgainUntilANewerPlanSaysRetry) {
  GivenInstalled();
  const base::Digest bad = RollBad(2, "crashes");
  host_.Run();
  coordinator_.fetches.clear();
  const int starts = host_.AgentStarts();

  const RunResult again = host_.Run();
  EXPECT_EQ(again.products[0].refusal.code(), Refusal::BAD_HERE);
  EXPECT_THAT(again.products[0].refusal.text(), HasSubstr("EXIT_139"));
  EXPECT_EQ(coordinator_.check_ins.back().products(0).bad(0).exit_status(), 139u);
  EXPECT_EQ(host_.AgentStarts(), starts);
  EXPECT_THAT(coordinator_.fetches, IsEmpty());

  clock_.Advance(absl::Hours(1));
  const base::Digest retry = coordinator_.PublishPlan(
      3, bad, [&bad](v1::Plan& plan) { plan.add_retry(std::string(bad.bytes())); });
  coordinator_.assigned["agent"] = {.manifest = bad, .plan = retry};
  host_.Run();
  EXPECT_GT(host_.AgentStarts(), starts);
}

// Promise 4.
TEST_F(BadAgentRunTest, EachWayOfBeingUnwellIsFoundInTheProbation) {
  GivenInstalled();
  const struct {
    absl::string_view how;
    Refusal::Code code;
  } kWays[] = {{"hangs", Refusal::PROBE_TIMEOUT}, {"lies", Refusal::PROBE}};
  uint64_t sequence = 2;
  for (const auto& way : kWays) {
    RollBad(sequence++, way.how);
    const RunResult result = host_.Run();
    EXPECT_EQ(result.exit_code, ExitCode::kWentBack) << way.how;
    EXPECT_EQ(result.products[0].refusal.code(), way.code) << way.how;
    EXPECT_EQ(host_.Managed(), FilesOf("1.1"));
    clock_.Advance(absl::Hours(3));
  }
}

TEST_F(BadAgentRunTest, AFirstInstallThatIsBadLeavesNothing) {
  EnrollHost();
  RollBad(1, "crashes");

  EXPECT_EQ(host_.Run().exit_code, ExitCode::kWentBack);

  EXPECT_THAT(host_.Managed(), IsEmpty());
  EXPECT_EQ(host_.AgentPid(), 0);
  EXPECT_FALSE(host_.Trusted().product("agent")->installed.has_value());
}

TEST_F(BadAgentRunTest, AnUnwellKeptSetIsSaidAndNotFoughtOver) {
  GivenInstalled();
  RollBad(2, "crashes");
  // What was installed does not run here any more either.
  host_.behaves = [](const std::string&) { return testing::AgentScript::NeverReady(); };

  const RunResult result = host_.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kCannotGoBack);
  EXPECT_EQ(result.products[0].refusal.code(), Refusal::KEPT_SET_UNHEALTHY);
  EXPECT_EQ(host_.Managed(), FilesOf("1.1"));
  EXPECT_EQ(OutcomesOf(v1::Outcome::INSTALL).back().result(), v1::Outcome::CANNOT_GO_BACK);
  const int starts = host_.AgentStarts();
  EXPECT_FALSE(host_.Run().changed());
  EXPECT_EQ(host_.AgentStarts(), starts);
}

TEST_F(BadAgentRunTest, WithoutAWayBackTheNewSetStaysAndBothAreSaid) {
  GivenInstalled();
  // The old program is damaged, and its kept copy too.
  host_.Put("/opt/a/agent", "program 1.X", 0755);
  host_.Remove("/var/lib/mig-loader/kept/agent/" + base::Sha256Of("program 1.1").ToHex());
  const base::Digest bad = RollBad(2, "crashes");

  const RunResult result = host_.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kCannotGoBack);
  EXPECT_EQ(result.products[0].change, Change::kCannotGoBack);
  EXPECT_EQ(*host_.Get("/opt/a/agent"), "crashes2");
  EXPECT_EQ(host_.Trusted().product("agent")->installed->manifest, bad);
  const std::vector<v1::Outcome> installs = OutcomesOf(v1::Outcome::INSTALL);
  EXPECT_EQ(installs.back().result(), v1::Outcome::CANNOT_GO_BACK);
  EXPECT_THAT(installs.back().refusal().text(), HasSubstr("EXIT_139"));
  const int starts = host_.AgentStarts();
  clock_.Advance(absl::Hours(3));
  coordinator_.Roll(3, Release("1.3"));
  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);
  EXPECT_EQ(host_.Managed(), FilesOf("1.3"));
  EXPECT_GT(host_.AgentStarts(), starts);
}

TEST_F(BadAgentRunTest, ActivationsAreBoundedAndGoingBackIsNot) {
  GivenInstalled();  // one activation, three hours ago
  host_.config().activations_per_hour = 2;
  RollBad(2, "crashes");
  EXPECT_EQ(host_.Run().exit_code, ExitCode::kWentBack);  // two: there and back
  const base::Digest next = coordinator_.Roll(3, Release("1.3"));

  const RunResult held = host_.Run();
  EXPECT_EQ(held.exit_code, ExitCode::kLater);
  EXPECT_EQ(held.products[0].refusal.code(), Refusal::ACTIVATION_LIMIT);
  EXPECT_EQ(host_.Managed(), FilesOf("1.1"));

  clock_.Advance(absl::Hours(1) + absl::Minutes(5));
  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);
  EXPECT_EQ(host_.Trusted().product("agent")->installed->manifest, next);
}

// Promise 5.
TEST_F(BadAgentRunTest, WhatHappenedOfflineIsReportedLaterAndOnce) {
  GivenInstalled();
  RollBad(2, "crashes");
  coordinator_.loses_reports = true;
  EXPECT_EQ(host_.Run().exit_code, ExitCode::kWentBack);
  EXPECT_GT(host_.WaitingReports(), 0u);
  coordinator_.away = true;
  host_.Run();
  host_.Run();

  coordinator_.away = false;
  coordinator_.loses_reports = false;
  host_.Run();

  EXPECT_EQ(host_.WaitingReports(), 0u);
  EXPECT_THAT(OutcomesOf(v1::Outcome::INSTALL), SizeIs(2));  // 1.1, and the bad one, each once
}

// Promise 5.
TEST_F(BadAgentRunTest, FiveHundredRunsOfflineFillNoDisk) {
  GivenInstalled();
  RollBad(2, "crashes");
  host_.Run();
  coordinator_.away = true;
  for (int i = 0; i < 500; ++i) {
    host_.Put("/opt/a/agent.cfg", "configuration X" + std::to_string(i));
    host_.Run();  // a repair, and nobody to tell
    clock_.Advance(absl::Hours(3));
  }
  EXPECT_LE(host_.CountIn("spool"), base::kMaxSpooledReports);
  coordinator_.away = false;
  host_.Run();

  uint64_t repairs = 0;
  for (const v1::Outcome& outcome : OutcomesOf(v1::Outcome::REPAIR)) repairs += outcome.count();
  EXPECT_EQ(repairs, 500u);
  EXPECT_EQ(host_.WaitingReports(), 0u);
}

}  // namespace
}  // namespace mig::loader
