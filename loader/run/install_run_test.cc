// Whole runs that go well: first install, nothing to do, update, adoption, repair.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "base/check.h"
#include "base/sha256.h"
#include "loader/install/kept_sets.h"
#include "loader/run/testing/run_test_base.h"
#include "loader/run/views/status_view.h"

namespace mig::loader {
namespace {

using testing::Contents;
using ::testing::ElementsAre;
using testing::Files;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Change = ProductResult::Change;

// A second product, to stand behind testing::kPlainDictionary.
constexpr char kToolDictionary[] = R"(
[product.loader]
[product.loader.component.tool]
path = "/opt/l/tool"
)";

class InstallRunTest : public testing::RunTest {
 protected:
  // One plan that brings both products.
  void AssignAgentAndTool() {
    const base::Digest agent = coordinator_.PublishRelease(1, Release("1.1"));
    const base::Digest tool = coordinator_.PublishRelease(1, {{"tool", "t"}}, nullptr, "loader");
    const base::Digest plan = coordinator_.PublishPlan(1, agent, [&tool](v1::Plan& p) {
      v1::PlanItem& item = *p.add_items();
      item.set_product("loader");
      item.set_manifest_digest(std::string(tool.bytes()));
    });
    coordinator_.assigned = {{"agent", {.manifest = agent, .plan = plan}},
                             {"loader", {.manifest = tool, .plan = plan}}};
  }
};

TEST_F(InstallRunTest, TheFirstRunInstallsStartsWatchesAndReports) {
  EnrollHost();
  const base::Digest release = coordinator_.Roll(1, Release("1.1"));

  const RunResult result = host_.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.refusal.DebugString();
  ASSERT_THAT(result.products, SizeIs(1));
  EXPECT_EQ(result.products[0].change, Change::kInstalled);
  EXPECT_EQ(result.products[0].version, "1.1");
  EXPECT_EQ(host_.Managed(), FilesOf("1.1"));
  EXPECT_EQ(host_.AgentStarts(), 1);
  EXPECT_NE(host_.AgentPid(), 0);
  EXPECT_EQ(host_.Trusted().product("agent")->installed->manifest, release);
  EXPECT_EQ(host_.Trusted().product("agent")->seen->digest, release);
  const std::vector<v1::Outcome> installs = OutcomesOf(v1::Outcome::INSTALL);
  ASSERT_THAT(installs, SizeIs(1));
  EXPECT_EQ(installs[0].result(), v1::Outcome::HEALTHY);
  EXPECT_EQ(installs[0].manifest_digest(), release.bytes());
  EXPECT_EQ(host_.WaitingReports(), 0u);
}

TEST_F(InstallRunTest, ASecondRunHasNothingToDo) {
  GivenInstalled();
  const size_t fetches = coordinator_.fetches.size();

  const RunResult result = host_.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kOk);
  EXPECT_FALSE(result.changed());
  EXPECT_EQ(result.products[0].version, "1.1");
  EXPECT_EQ(host_.AgentStarts(), 1);
  EXPECT_EQ(coordinator_.fetches.size(), fetches);
  EXPECT_EQ(coordinator_.check_ins.back().products(0).health(), v1::ProductState::HEALTHY);
}

// Every operation of a run, in order, found by cutting the power after each.
std::vector<std::string> OperationsOf(testing::TestHost& host, base::Clock& clock,
                                      testing::FakeCoordinator& coordinator) {
  const base::DiskImage image = host.disk().SeenImage();
  std::vector<std::string> operations;
  for (uint64_t n = 0;; ++n) {
    testing::TestHost copy(clock, coordinator, image);
    const uint64_t before = copy.disk().operations();
    copy.disk().CutPowerAfter(before + n);
    copy.Run();
    if (copy.disk().first_cut_operation().empty()) return operations;
    operations.push_back(copy.disk().first_cut_operation());
  }
}

TEST_F(InstallRunTest, ARunWithNothingToDoWritesDurablyTwiceAtMost) {
  GivenInstalled();
  host_.Run();
  ++coordinator_.head_sequence;  // others are busy: the head moves at each check-in

  std::vector<std::string> durable;
  for (const std::string& operation : OperationsOf(host_, clock_, coordinator_)) {
    if (absl::StrContains(operation, "sync")) durable.push_back(operation);
  }

  // The head, whose name need not last, and the status file.
  EXPECT_THAT(durable, ElementsAre(HasSubstr("/documents/"), HasSubstr("/status")));
}

TEST_F(InstallRunTest, AnUpdateFetchesOnlyWhatDiffersAndRestarts) {
  const base::Digest old = GivenInstalled();
  Contents next = Release("1.1");
  next["configuration"] = "configuration 1.2";
  const base::Digest release = coordinator_.Roll(2, next);
  coordinator_.fetches.clear();

  const RunResult result = host_.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.refusal.DebugString();
  EXPECT_EQ(result.products[0].version_before, "1.1");
  EXPECT_EQ(result.products[0].version, "1.2");
  EXPECT_THAT(coordinator_.fetches, SizeIs(1));
  EXPECT_EQ(*host_.Get("/opt/a/agent.cfg"), "configuration 1.2");
  EXPECT_EQ(host_.AgentStarts(), 2);
  EXPECT_EQ(host_.Trusted().product("agent")->installed->manifest, release);
  EXPECT_EQ(host_.Trusted().product("agent")->previous->manifest, old);
}

TEST_F(InstallRunTest, AFamilyAddsFilesAndRetiredOnesGo) {
  EnrollHost();
  Contents first = Release("1.1");
  first["conf/10-site.cfg"] = "site";
  coordinator_.Roll(1, first);
  ASSERT_EQ(host_.Run().exit_code, ExitCode::kOk);
  EXPECT_EQ(*host_.Get("/opt/a/conf.d/10-site.cfg"), "site");
  host_.Put("/opt/a/conf.d/99-mine.cfg", "an operator's own");
  const base::Digest release = coordinator_.PublishRelease(
      2, Release("1.2"), [](v1::Manifest& manifest) { manifest.add_retired("conf/10-site.cfg"); });
  coordinator_.assigned["agent"] = {.manifest = release,
                                    .plan = coordinator_.PublishPlan(2, release)};

  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);

  EXPECT_EQ(host_.Get("/opt/a/conf.d/10-site.cfg"), std::nullopt);
  EXPECT_EQ(*host_.Get("/opt/a/conf.d/99-mine.cfg"), "an operator's own");
}

TEST_F(InstallRunTest, WhatIsThereAlreadyIsAdoptedWithoutARestart) {
  EnrollHost();
  host_.Put("/opt/a/agent", "program 1.1", 0755);
  host_.Put("/opt/a/agent.cfg", "configuration 1.1");
  host_.services().RunForeign(host_.agent(), testing::AgentScript::Healthy());
  const int64_t pid = host_.AgentPid();
  const base::Digest release = coordinator_.Roll(1, Release("1.1"));

  const RunResult result = host_.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.refusal.DebugString();
  EXPECT_EQ(result.products[0].change, Change::kAdopted);
  EXPECT_EQ(host_.AgentPid(), pid);
  EXPECT_EQ(host_.AgentStarts(), 0);
  EXPECT_THAT(coordinator_.fetches, IsEmpty());
  EXPECT_EQ(host_.Trusted().product("agent")->installed->manifest, release);
  ASSERT_THAT(OutcomesOf(v1::Outcome::ADOPT), SizeIs(1));
  EXPECT_EQ(OutcomesOf(v1::Outcome::ADOPT)[0].refusal().code(), v1::Refusal::ADOPTED);
  EXPECT_EQ(ReadStatus(host_.host())->products[0].health, v1::ProductState::HEALTHY);
}

TEST_F(InstallRunTest, AnAdoptedReleaseReplacesTheOneBeforeAsAnInstallDoes) {
  const base::Digest first = GivenInstalled();
  const base::Digest second = coordinator_.Roll(2, Release("1.1"));  // the same contents again

  EXPECT_EQ(host_.Run().products[0].change, Change::kAdopted);

  EXPECT_EQ(host_.Trusted().product("agent")->installed->manifest, second);
  ASSERT_TRUE(host_.Trusted().product("agent")->previous.has_value());
  EXPECT_EQ(host_.Trusted().product("agent")->previous->manifest, first);
  const auto kept = KeptSets::Open(host_.host().place(), "agent");
  MIG_CHECK_OK(kept);
  EXPECT_EQ(kept->current()->release->manifest, second);
  EXPECT_EQ(kept->previous()->release->manifest, first);
  EXPECT_EQ(host_.AgentStarts(), 1);
}

// Promise 2.
TEST_F(InstallRunTest, AnAdoptionIsJudgedAgainAtItsCommitPoint) {
  EnrollHost();
  std::string dictionary(testing::kPlainDictionary);
  dictionary.replace(dictionary.find("60s"), 3, "90s");  // longer than an assignment lives
  host_.UseDictionary(dictionary + kToolDictionary);
  host_.Put("/opt/l/tool", "t");
  AssignAgentAndTool();
  // Somebody halts while the agent is installed.
  coordinator_.before_fetch = [this] { coordinator_.assigned.erase("loader"); };

  const RunResult result = host_.Run();

  ASSERT_THAT(result.products, SizeIs(2));
  EXPECT_EQ(result.products[1].refusal.code(), v1::Refusal::ASSIGNMENT_OVER);
  EXPECT_EQ(result.products[1].change, Change::kNone);
  EXPECT_FALSE(host_.Trusted().product("loader")->installed.has_value());
  EXPECT_THAT(OutcomesOf(v1::Outcome::ADOPT), IsEmpty());
}

TEST_F(InstallRunTest, AnOutcomeSaysWhatItTook) {
  GivenInstalled();
  coordinator_.Roll(2, Release("1.2"));
  host_.Run();

  const v1::Outcome outcome = OutcomesOf(v1::Outcome::INSTALL).back();

  EXPECT_EQ(outcome.fetched_bytes(),
            Release("1.2")["agent"].size() + Release("1.2")["configuration"].size());
  ASSERT_THAT(outcome.stage_times(), ::testing::Not(IsEmpty()));
  int64_t probation_ms = 0;
  for (int i = 0; i < outcome.stage_times_size(); ++i) {
    if (i > 0) {
      EXPECT_GT(outcome.stage_times(i).stage(), outcome.stage_times(i - 1).stage());
    }
    if (outcome.stage_times(i).stage() == v1::Outcome::HEALTH) {
      probation_ms = outcome.stage_times(i).duration_ms();
    }
  }
  EXPECT_GE(probation_ms, 60'000);
  EXPECT_EQ(outcome.component(), "");
}

// Promise 3.
TEST_F(InstallRunTest, ADamagedFileIsRepairedWithoutTheNetwork) {
  GivenInstalled();
  host_.Put("/opt/a/agent", "program 1.X", 0755);
  coordinator_.away = true;

  const RunResult result = host_.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kLater);
  EXPECT_EQ(result.products[0].change, Change::kRepaired);
  EXPECT_EQ(host_.Managed(), FilesOf("1.1"));
  EXPECT_EQ(host_.AgentStarts(), 2);
}

TEST_F(InstallRunTest, ARepairFetchesByAnAssignmentWithoutAPlan) {
  const base::Digest release = GivenInstalled();
  host_.Put("/opt/a/agent", "program 1.X", 0755);
  const std::string copies = "/var/lib/mig-loader/kept/agent/";
  host_.Remove(copies + base::Sha256Of("program 1.1").ToHex());
  coordinator_.assigned["agent"] = {.manifest = release};

  const RunResult result = host_.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.refusal.DebugString();
  EXPECT_EQ(result.products[0].change, Change::kRepaired);
  EXPECT_EQ(host_.Managed(), FilesOf("1.1"));
  ASSERT_THAT(OutcomesOf(v1::Outcome::REPAIR), SizeIs(1));
  EXPECT_THAT(OutcomesOf(v1::Outcome::REPAIR)[0].rollout(), IsEmpty());
}

TEST_F(InstallRunTest, AnAgentThatARebootEndedIsStartedAgain) {
  GivenInstalled();
  host_.services().Reboot();
  clock_.Reboot();

  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);

  EXPECT_NE(host_.AgentPid(), 0);
  EXPECT_EQ(coordinator_.check_ins.back().products(0).health(), v1::ProductState::HEALTHY);
}

TEST_F(InstallRunTest, AHeldAgentIsStoppedBeforeItsFilesAreReplaced) {
  std::string dictionary(testing::kPlainDictionary);
  const std::string probation = "probation = \"60s\"\n";
  dictionary.replace(dictionary.find(probation), probation.size(), probation + "hold = true\n");
  host_.UseDictionary(dictionary);
  GivenInstalled();
  coordinator_.Roll(2, Release("1.2"));
  const base::DiskImage image = host_.disk().SeenImage();
  int cut_between_renames = 0;
  for (uint64_t n = 200; n < 2'000; n += 1) {
    testing::TestHost copy(clock_, coordinator_, image);
    copy.services().RunForeign(copy.agent(), testing::AgentScript::Healthy());
    copy.disk().CutPowerAfter(copy.disk().operations() + n);
    copy.Run();
    if (copy.disk().first_cut_operation().empty()) break;
    testing::TestHost left(clock_, coordinator_, copy.disk().SeenImage());
    const bool new_agent = left.Get("/opt/a/agent") == "program 1.2";
    const bool is_mix = new_agent != (left.Get("/opt/a/agent.cfg") == "configuration 1.2");
    if (!is_mix) continue;
    ++cut_between_renames;
    EXPECT_EQ(copy.AgentPid(), 0) << n;
  }
  EXPECT_GT(cut_between_renames, 0);
}

TEST_F(InstallRunTest, DocumentsThatComeInManyAnswersAreAllTaken) {
  EnrollHost();
  coordinator_.documents_per_answer = 1;
  coordinator_.PublishRoot([](v1::Root&) {});
  coordinator_.PublishRoot([](v1::Root&) {});
  coordinator_.Roll(1, Release("1.1"));

  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);

  EXPECT_EQ(host_.Managed(), FilesOf("1.1"));
  EXPECT_EQ(host_.Trusted().root_version, 3u);
  EXPECT_THAT(coordinator_.check_ins, SizeIs(4));
}

TEST_F(InstallRunTest, AnInterruptedDownloadGoesOnWhereItWas) {
  EnrollHost();
  Contents large = Release("1.1");
  large["agent"] = std::string(200'000, 'x');
  coordinator_.Roll(1, large);
  coordinator_.cut_fetch_after = 50'000;  // each stream breaks

  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);

  EXPECT_EQ(*host_.Get("/opt/a/agent"), large["agent"]);
  EXPECT_THAT(coordinator_.fetches, SizeIs(5));  // four for it, one for its configuration
}

// After a run whose download broke off, and one offline.
class BrokenDownloadTest : public testing::RunTest {
 protected:
  BrokenDownloadTest() {
    EnrollHost();
    large_["agent"] = std::string(200'000, 'x');
    coordinator_.Roll(2, large_);
    coordinator_.cut_fetch_after = 150'000;
    int streams = 0;
    coordinator_.before_fetch = [this, &streams] { coordinator_.away = ++streams == 2; };
    EXPECT_EQ(host_.Run().exit_code, ExitCode::kLater);
    host_.Run();
    coordinator_.before_fetch = nullptr;
    coordinator_.away = false;
    coordinator_.outcomes.clear();
  }

  // Of the only install, but for the small component.
  uint64_t FetchedBytes() const {
    const std::vector<v1::Outcome> installs = OutcomesOf(v1::Outcome::INSTALL);
    if (installs.size() != 1) return 0;
    return installs[0].fetched_bytes() - large_.at("configuration").size();
  }

  Contents large_ = Release("1.2");
};

TEST_F(BrokenDownloadTest, GoesOnWhereItWas) {  // ADVERSARY 89
  ASSERT_THAT(host_.Managed(), SizeIs(1));
  EXPECT_THAT(host_.Managed().begin()->second, SizeIs(150'000));
  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);
  EXPECT_EQ(*host_.Get("/opt/a/agent"), large_["agent"]);
  EXPECT_EQ(FetchedBytes(), 50'000u);
  EXPECT_THAT(host_.Managed(), SizeIs(2));
}

TEST_F(BrokenDownloadTest, IsGotOnceMoreIfSomebodyAlteredIt) {  // ADVERSARY 90
  ASSERT_THAT(host_.Managed(), SizeIs(1));
  host_.Put(host_.Managed().begin()->first, std::string(150'000, 'z'), 0600);
  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);
  EXPECT_EQ(*host_.Get("/opt/a/agent"), large_["agent"]);
  EXPECT_EQ(FetchedBytes(), 250'000u);
  EXPECT_THAT(host_.Managed(), SizeIs(2));
}

TEST_F(BrokenDownloadTest, GoesWhenNobodyWantsItAnyMore) {
  coordinator_.Roll(3, Release("1.3"));
  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);
  EXPECT_EQ(host_.Managed(), FilesOf("1.3"));
}

TEST_F(InstallRunTest, TwoProductsAreInstalledOneAfterTheOther) {
  EnrollHost();
  host_.UseDictionary(std::string(testing::kPlainDictionary) + kToolDictionary);
  host_.Put("/opt/l/readme", "");
  AssignAgentAndTool();

  const RunResult result = host_.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.refusal.DebugString();
  EXPECT_EQ(*host_.Get("/opt/l/tool"), "t");
  EXPECT_EQ(*host_.Get("/opt/a/agent"), "program 1.1");
  EXPECT_THAT(OutcomesOf(v1::Outcome::INSTALL), SizeIs(2));
}

}  // namespace
}  // namespace mig::loader
