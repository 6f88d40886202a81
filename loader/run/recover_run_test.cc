// `mig-loader recover`, and what `status` and `explain` say.

#include "loader/run/recover_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/testing/status_matchers.h"
#include "loader/install/recover.h"
#include "loader/run/testing/run_test_base.h"
#include "loader/run/views/status_view.h"
#include "loader/state/state_directory.h"
#include "trust/refusal.h"

namespace mig::loader {
namespace {

using ::mig::base::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing::TestHost;
using v1::Refusal;

class RecoverRunTest : public testing::RunTest {
 protected:
  // The machine as a power cut leaves it when the journal has just entered `phase`.
  base::DiskImage CutIn(Phase phase, const testing::Contents& second = Release("1.2")) {
    coordinator_.Roll(2, second);
    const base::DiskImage image = host_.disk().SeenImage();
    for (uint64_t n = 1; n < 3'000; ++n) {
      TestHost host(clock_, coordinator_, image);
      host.disk().CutPowerAfter(host.disk().operations() + n);
      host.Run();
      const base::DiskImage left = host.disk().SeenImage();
      TestHost after(clock_, coordinator_, left);
      const auto found = PeekPhase(after.host().place());
      if (found.ok() && *found == phase) return left;
    }
    ADD_FAILURE() << "no cut leaves " << PhaseName(phase);
    return image;
  }

  // A mix of 1.1 and 1.2 of which no copy is left: all that was staged or kept is lost.
  void LoseAllCopies(TestHost& host) {
    const auto opened = host.disk().OpenRoot("/opt/a");
    ASSERT_THAT(opened, IsOk());
    const auto entries = (*opened)->List(100);
    ASSERT_THAT(entries, IsOk());
    for (const base::DirectoryEntry& entry : *entries) {
      if (entry.name.starts_with(".mig-stage-")) host.Remove("/opt/a/" + entry.name);
    }
    const auto kept = host.disk().OpenRoot("/var/lib/mig-loader/kept/agent");
    ASSERT_THAT(kept, IsOk());
    const auto copies = (*kept)->List(100);
    ASSERT_THAT(copies, IsOk());
    for (const base::DirectoryEntry& entry : *copies) {
      if (entry.name.size() == 64) host.Remove("/var/lib/mig-loader/kept/agent/" + entry.name);
    }
    host.Put("/opt/a/agent", "a mix", 0755);
    host.Put("/opt/a/agent.cfg", "configuration 1.2");
  }

  std::unique_ptr<base::FileLock> LockOf(TestHost& host) {
    auto directory = StateDirectory::Open(host.disk(), {.path = "/var/lib/mig-loader"});
    MIG_CHECK_OK(directory);
    auto lock = (*directory)->Lock();
    MIG_CHECK_OK(lock);
    return *std::move(lock);
  }
};

TEST_F(RecoverRunTest, FinishesWhatWasCommittedWithoutTheNetwork) {
  GivenInstalled();
  TestHost host(clock_, coordinator_, CutIn(Phase::kCommitted));
  coordinator_.away = true;

  const RunResult result = RecoverRun(host.host());

  EXPECT_EQ(result.exit_code, ExitCode::kOk);
  ASSERT_THAT(result.products, SizeIs(1));
  EXPECT_EQ(result.products[0].change, ProductResult::Change::kInstalled);
  EXPECT_EQ(host.Managed(), FilesOf("1.2"));
  EXPECT_NE(host.AgentPid(), 0);
  EXPECT_FALSE(RecoverRun(host.host()).changed());
}

TEST_F(RecoverRunTest, LeavesAnAgentWithAServiceOfItsOwnToTheNextRun) {
  GivenInstalled();
  TestHost host(clock_, coordinator_, CutIn(Phase::kCommitted));
  std::string dictionary(testing::kPlainDictionary);
  const std::string process = "activation = \"process\"\n";
  dictionary.replace(dictionary.find(process), process.size(),
                     "activation = \"self-installing\"\n"
                     "install = [\"/opt/a/agent\", \"-install\"]\n");
  host.UseDictionary(dictionary);

  EXPECT_EQ(RecoverRun(host.host()).exit_code, ExitCode::kOk);

  EXPECT_EQ(host.Managed(), FilesOf("1.2"));  // no mix is ever run
  EXPECT_EQ(host.AgentStarts(), 0);
  EXPECT_EQ(host.Run().exit_code, ExitCode::kOk);
  EXPECT_EQ(host.AgentStarts(), 1);
}

TEST_F(RecoverRunTest, IsDoneAtOnceWhileAnotherLoaderActivates) {
  GivenInstalled();
  TestHost host(clock_, coordinator_, CutIn(Phase::kActivating));
  const auto lock = LockOf(host);
  const absl::Time before = clock_.WallNow();
  EXPECT_EQ(RecoverRun(host.host()).exit_code, ExitCode::kOk);
  EXPECT_EQ(clock_.WallNow(), before);
}

TEST_F(RecoverRunTest, WaitsTenSecondsWhileAnotherLoaderRenames) {
  GivenInstalled();
  TestHost host(clock_, coordinator_, CutIn(Phase::kCommitted));
  const auto lock = LockOf(host);
  const absl::Time before = clock_.WallNow();

  const RunResult result = RecoverRun(host.host());

  EXPECT_EQ(result.exit_code, ExitCode::kLater);
  EXPECT_EQ(result.refusal.code(), Refusal::BUSY);
  EXPECT_GE(clock_.WallNow() - before, absl::Seconds(10));
  EXPECT_LT(clock_.WallNow() - before, absl::Seconds(11));
}

TEST_F(RecoverRunTest, ASecondRunEndsAtOnceAndSaysBusy) {
  GivenInstalled();
  const auto lock = LockOf(host_);
  const RunResult result = host_.Run();
  EXPECT_EQ(result.exit_code, ExitCode::kLater);
  EXPECT_EQ(result.refusal.code(), Refusal::BUSY);
}

// Promise 3.
TEST_F(RecoverRunTest, WhatNobodyHasIsFetchedByTheNextRun) {
  GivenInstalled();
  TestHost host(clock_, coordinator_, CutIn(Phase::kCommitted));
  LoseAllCopies(host);
  coordinator_.away = true;
  const RunResult stuck = host.Run();
  EXPECT_EQ(stuck.exit_code, ExitCode::kCannotGoBack);
  EXPECT_EQ(host.AgentPid(), 0);  // a mix is not run

  coordinator_.away = false;
  const RunResult result = host.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.refusal.DebugString();
  EXPECT_EQ(host.Managed(), FilesOf("1.2"));
  EXPECT_NE(host.AgentPid(), 0);
}

// Promise 3.
TEST_F(RecoverRunTest, AHaltedMixGoesBackToWhatIsInstalled) {
  const base::Digest installed = GivenInstalled();
  TestHost host(clock_, coordinator_, CutIn(Phase::kCommitted));
  LoseAllCopies(host);
  coordinator_.assigned["agent"] = {.manifest = installed};  // halted: repairs only
  coordinator_.outcomes.clear();  // what the search for the cut has reported
  host.host().random.Bytes(1);    // another process draws other attempt ids

  const RunResult result = host.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kWentBack) << result.refusal.DebugString();
  EXPECT_EQ(result.products[0].refusal.code(), Refusal::INTERRUPTED);
  EXPECT_EQ(host.Managed(), FilesOf("1.1"));
  EXPECT_NE(host.AgentPid(), 0);
  EXPECT_EQ(host.Trusted().product("agent")->installed->manifest, installed);
  EXPECT_TRUE(host.Trusted().product("agent")->bad.empty()) << "it never ran";
  ASSERT_THAT(OutcomesOf(v1::Outcome::INSTALL), SizeIs(1));
  EXPECT_EQ(OutcomesOf(v1::Outcome::INSTALL)[0].result(), v1::Outcome::WENT_BACK);
  EXPECT_GT(OutcomesOf(v1::Outcome::INSTALL)[0].fetched_bytes(), 0u);
  EXPECT_EQ(host.Run().exit_code, ExitCode::kOk);
}

// Promise 3.
TEST_F(RecoverRunTest, AMixThatNobodyGivesContentsForIsNotRunAndSaysSo) {
  GivenInstalled();
  TestHost host(clock_, coordinator_, CutIn(Phase::kCommitted));
  LoseAllCopies(host);
  coordinator_.assigned.clear();
  coordinator_.outcomes.clear();
  host.host().random.Bytes(1);

  const RunResult result = host.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kCannotGoBack);
  EXPECT_EQ(result.products[0].refusal.code(), Refusal::KEPT_SET_DAMAGED);
  EXPECT_THAT(result.products[0].refusal.text(), HasSubstr("'agent'"));
  EXPECT_EQ(host.AgentPid(), 0);
  EXPECT_EQ(ReportedRefusal(), Refusal::KEPT_SET_DAMAGED);
}

// Promise 3. The old release is below the floor by now, the new one was never installed here, and
// the fleet is on a third one.
TEST_F(RecoverRunTest, AMixThatTheFleetHasLeftBehindGoesForwardToItsRelease) {
  GivenInstalled();
  TestHost host(clock_, coordinator_, CutIn(Phase::kCommitted));
  LoseAllCopies(host);
  coordinator_.PublishRoot([](v1::Root& root) { root.mutable_products(0)->set_floor(3); });
  coordinator_.Roll(3, Release("1.3"));
  coordinator_.outcomes.clear();
  host.host().random.Bytes(1);

  const RunResult result = host.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.refusal.DebugString();
  EXPECT_EQ(result.products.at(0).change, ProductResult::Change::kInstalled);
  EXPECT_EQ(host.Managed(), FilesOf("1.3"));
  EXPECT_NE(host.AgentPid(), 0);
  ASSERT_THAT(OutcomesOf(v1::Outcome::INSTALL), SizeIs(1));
  EXPECT_EQ(OutcomesOf(v1::Outcome::INSTALL)[0].result(), v1::Outcome::HEALTHY);
  EXPECT_FALSE(host.Run().changed());
}

TEST_F(RecoverRunTest, WhatTheReleaseLeftBehindHadAddedGoesToo) {
  GivenInstalled();
  testing::Contents second = Release("1.2");
  second["conf/10-new.cfg"] = "x";
  TestHost host(clock_, coordinator_, CutIn(Phase::kCommitted, second));
  LoseAllCopies(host);
  host.Put("/opt/a/conf.d/10-new.cfg", "x");
  host.Put("/opt/a/conf.d/99-mine.cfg", "an operator's own");
  coordinator_.PublishRoot([](v1::Root& root) { root.mutable_products(0)->set_floor(3); });
  coordinator_.Roll(3, Release("1.3"));

  EXPECT_EQ(host.Run().exit_code, ExitCode::kOk);

  EXPECT_EQ(host.Get("/opt/a/conf.d/10-new.cfg"), std::nullopt);
  EXPECT_EQ(host.Get("/opt/a/conf.d/99-mine.cfg"), "an operator's own");
  EXPECT_EQ(host.Get("/opt/a/agent"), "program 1.3");
}

// Promise 3.
TEST_F(RecoverRunTest, PowerCutsOnTheWayToTheThirdReleaseNeverRunAMix) {
  GivenInstalled();
  TestHost host(clock_, coordinator_, CutIn(Phase::kCommitted));
  LoseAllCopies(host);
  coordinator_.PublishRoot([](v1::Root& root) { root.mutable_products(0)->set_floor(3); });
  coordinator_.Roll(3, Release("1.3"));
  const base::DiskImage mix = host.disk().SeenImage();
  bool is_cut = true;
  for (uint64_t n = 1; is_cut; ++n) {
    SCOPED_TRACE(n);
    ASSERT_LT(n, 3'000u);
    TestHost cut(clock_, coordinator_, mix);
    cut.disk().CutPowerAfter(cut.disk().operations() + n);
    is_cut = cut.Run().exit_code != ExitCode::kOk;

    TestHost after(clock_, coordinator_, cut.disk().SeenImage());
    EXPECT_TRUE(cut.AgentPid() == 0 || after.Get("/opt/a/agent") == "program 1.3");
    EXPECT_EQ(after.Run().exit_code, ExitCode::kOk);
    EXPECT_EQ(after.Managed(), FilesOf("1.3"));
  }
}

TEST_F(RecoverRunTest, AMixDoesNotGoBackToWhatTheRootWithdrew) {
  const base::Digest installed = GivenInstalled();
  TestHost host(clock_, coordinator_, CutIn(Phase::kCommitted));
  LoseAllCopies(host);
  coordinator_.PublishRoot([&](v1::Root& root) {
    for (v1::RootProduct& product : *root.mutable_products()) {
      if (product.product() == "agent") product.add_withdrawn(std::string(installed.bytes()));
    }
  });
  coordinator_.assigned["agent"] = {.manifest = installed};  // a coordinator that lies

  host.Run();

  EXPECT_EQ(host.Get("/opt/a/agent"), "a mix");
  EXPECT_EQ(host.AgentPid(), 0);
}

TEST_F(RecoverRunTest, StatusSaysWhatIsInstalledAndWhenItRunsNext) {
  EXPECT_EQ(trust::RefusalOf(ReadStatus(host_.host()).status()), Refusal::NOT_ENROLLED);
  GivenInstalled();
  host_.Run();

  const absl::StatusOr<StatusView> view = ReadStatus(host_.host());

  ASSERT_THAT(view, IsOk());
  ASSERT_THAT(view->products, SizeIs(1));
  EXPECT_EQ(view->products[0].version, "1.1");
  EXPECT_EQ(view->products[0].health, v1::ProductState::HEALTHY);
  EXPECT_EQ(view->products[0].seen->sequence, 1u);
  EXPECT_EQ(view->plans.at("main").sequence, 1u);
  EXPECT_EQ(view->last_exit_code, 0);
  EXPECT_FALSE(view->journal.has_value());
  EXPECT_GT(view->next_run, clock_.WallNow());
}

// Promise 6.
TEST_F(RecoverRunTest, ExplainSaysWhyARefusedReleaseIsNotHere) {
  GivenInstalled();
  testing::Contents bad = Release("1.2");
  bad["agent"] = "crashes";
  coordinator_.Roll(2, bad);
  host_.Run();

  const absl::StatusOr<SelfExplanation> explanation = ExplainSelf(host_.host());

  ASSERT_THAT(explanation, IsOk());
  ASSERT_THAT(explanation->products, SizeIs(1));
  const std::string text = rollout::ToText(explanation->products[0].why);
  EXPECT_THAT(text, HasSubstr("lap-0193"));
  EXPECT_THAT(text, HasSubstr("1.2"));
  EXPECT_THAT(text, HasSubstr("EXIT"));
}

TEST_F(RecoverRunTest, ADryRunSaysWhatWouldBeDoneAndChangesNothing) {
  GivenInstalled();
  host_.Put("/opt/a/agent", "damaged", 0755);
  const base::DiskImage before = host_.disk().SeenImage();
  const size_t check_ins = coordinator_.check_ins.size();

  const RunResult result = DryRun(host_.host());

  ASSERT_THAT(result.products, SizeIs(1));
  EXPECT_EQ(result.products[0].change, ProductResult::Change::kWould);
  EXPECT_EQ(host_.disk().SeenImage().Describe(), before.Describe());
  EXPECT_EQ(coordinator_.check_ins.size(), check_ins);
}

}  // namespace
}  // namespace mig::loader
