// What becomes of reports: rejected for ever, an answer lost, a coordinator that was restored.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "loader/run/testing/run_test_base.h"
#include "loader/run/views/status_view.h"

namespace mig::loader {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using v1::Outcome;
using v1::Refusal;

class ReportsRunTest : public testing::RunTest {
 protected:
  StatusView Status() { return *ReadStatus(host_.host()); }
};

// Promise 5.
TEST_F(ReportsRunTest, Adversary137WhatIsRejectedForEverIsToldAndOthersFlow) {
  EnrollHost();
  coordinator_.Roll(1, Release("1.1"));
  coordinator_.rejects = [](const Outcome& outcome) { return outcome.kind() == Outcome::INSTALL; };
  const RunResult result = host_.Run();
  EXPECT_EQ(result.exit_code, ExitCode::kOk) << "it changes nothing";
  EXPECT_EQ(host_.Managed(), FilesOf("1.1"));
  EXPECT_THAT(result.notes, ::testing::Contains(HasSubstr("never takes the report of INSTALL")));

  clock_.Advance(absl::Hours(3));
  host_.Put("/opt/a/agent.cfg", "edited");
  host_.Run();

  EXPECT_THAT(OutcomesOf(Outcome::REPAIR), SizeIs(1));
  ASSERT_THAT(Status().set_aside_reports, SizeIs(1));
  EXPECT_EQ(Status().set_aside_reports[0].what, "INSTALL agent");
  EXPECT_EQ(Status().set_aside_reports[0].why.code(), Refusal::MALFORMED);
  EXPECT_THAT(Status().set_aside_reports[0].why.text(), HasSubstr("'stage'"));
  EXPECT_EQ(Status().waiting_reports, 0u);
  const std::vector<Outcome> notices = OutcomesOf(Outcome::NOTICE);
  ASSERT_THAT(notices, SizeIs(1)) << "the coordinator's people are told too, once";
  EXPECT_EQ(notices[0].refusal().code(), Refusal::MALFORMED);
}

// Promise 5.
TEST_F(ReportsRunTest, Adversary134AReportThatFailsChangesNothingOfTheInstall) {
  GivenInstalled();
  const std::function<void()> kWays[] = {
      [&] { coordinator_.loses_reports = true; },
      [&] { coordinator_.rejects = [](const Outcome&) { return true; }; },
      [&] { coordinator_.refuses_reports = true; },
  };
  uint64_t sequence = 2;
  for (const std::function<void()>& way : kWays) {
    SCOPED_TRACE(sequence);
    const std::string version = absl::StrCat("1.", sequence);
    coordinator_.Roll(sequence++, Release(version));
    const int starts = host_.AgentStarts();
    way();

    EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);

    EXPECT_EQ(host_.Managed(), FilesOf(version));
    EXPECT_EQ(host_.AgentStarts(), starts + 1);
    EXPECT_FALSE(Status().journal.has_value());
    coordinator_.loses_reports = false;
    coordinator_.refuses_reports = false;
    coordinator_.rejects = nullptr;
    host_.Run();
    EXPECT_EQ(Status().waiting_reports, 0u);
    clock_.Advance(absl::Hours(3));
  }
  EXPECT_THAT(OutcomesOf(Outcome::INSTALL), SizeIs(3))
      << "the one that was never taken is set aside";
  EXPECT_THAT(Status().set_aside_reports, SizeIs(1));
}

TEST_F(ReportsRunTest, ACoordinatorThatTakesNoReportAtAllGetsNoReportsOfThat) {
  EnrollHost();
  coordinator_.Roll(1, Release("1.1"));
  coordinator_.rejects = [](const Outcome&) { return true; };
  for (int i = 0; i < 5; ++i) {
    host_.Run();
    clock_.Advance(absl::Hours(3));
  }
  EXPECT_THAT(Status().set_aside_reports, SizeIs(2));  // the install, and the notice of it
}

// Promise 5.
TEST_F(ReportsRunTest, WhatARestoredCoordinatorForgotIsSentAgainAndCountedOnce) {
  GivenInstalled();
  coordinator_.Roll(2, Release("1.2"));
  host_.Run();
  ASSERT_THAT(OutcomesOf(Outcome::INSTALL), SizeIs(2));
  // Restored from a backup between the two, and confirmed by a person.
  coordinator_.outcomes.resize(1);
  coordinator_.head_generation = 1;
  coordinator_.head_sequence = 2;
  clock_.Advance(absl::Hours(3));

  host_.Run();

  EXPECT_THAT(OutcomesOf(Outcome::INSTALL), SizeIs(2));
  EXPECT_EQ(Status().waiting_reports, 0u);

  // Not for ever: only when it happens again.
  coordinator_.outcomes.clear();
  clock_.Advance(absl::Hours(3));
  host_.Run();
  EXPECT_THAT(coordinator_.outcomes, IsEmpty());
}

TEST_F(ReportsRunTest, ARestoredCoordinatorThatIsAwayGetsThemLater) {
  GivenInstalled();
  coordinator_.outcomes.clear();
  coordinator_.head_generation = 1;
  coordinator_.loses_reports = true;
  host_.Run();
  coordinator_.outcomes.clear();
  coordinator_.loses_reports = false;
  clock_.Advance(absl::Hours(3));

  host_.Run();

  EXPECT_THAT(OutcomesOf(Outcome::INSTALL), SizeIs(1));
  EXPECT_EQ(Status().waiting_reports, 0u);
}

// Promise 5.
TEST_F(ReportsRunTest, Adversary138AfterALostStateTheSameInstallIsAnotherAttempt) {
  GivenInstalled();
  const std::string before = OutcomesOf(Outcome::INSTALL).at(0).attempt();
  host_.Remove("/var/lib/mig-loader/trust");
  host_.Remove("/opt/a/agent.cfg");
  clock_.Advance(absl::Hours(3));
  coordinator_.loses_reports = true;
  host_.Run();
  coordinator_.loses_reports = false;
  host_.Run();

  std::vector<Outcome> all = coordinator_.outcomes;
  EXPECT_GE(all.size(), 2u);
  for (size_t i = 1; i < all.size(); ++i) EXPECT_NE(all[i].attempt(), before);
  EXPECT_EQ(Status().waiting_reports, 0u);
}

}  // namespace
}  // namespace mig::loader
