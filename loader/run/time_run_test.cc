// Slots, clocks that step, roots and plans that end, state that is lost.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "loader/run/testing/run_test_base.h"
#include "rollout/slot.h"

namespace mig::loader {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using v1::Refusal;

class TimeRunTest : public testing::RunTest {
 protected:
  std::vector<Refusal::Code> Notices() const {
    std::vector<Refusal::Code> codes;
    for (const v1::Outcome& outcome : OutcomesOf(v1::Outcome::NOTICE)) {
      codes.push_back(outcome.refusal().code());
    }
    return codes;
  }
};

TEST_F(TimeRunTest, ARunWaitsForItsSlotAndNowDoesNot) {
  EnrollHost();
  EXPECT_TRUE(host_.Run(When::kAtItsSlot).was_due);  // a first run is due
  const RunResult early = host_.Run(When::kAtItsSlot);
  EXPECT_FALSE(early.was_due);
  EXPECT_EQ(early.exit_code, ExitCode::kOk);
  ASSERT_TRUE(early.next.has_value());
  EXPECT_LE(*early.next, clock_.WallNow() + absl::Hours(3));
  EXPECT_THAT(coordinator_.check_ins, SizeIs(1));

  EXPECT_TRUE(host_.Run(When::kNow).was_due);
  EXPECT_THAT(coordinator_.check_ins, SizeIs(2));

  clock_.Advance(*early.next - clock_.WallNow());
  EXPECT_TRUE(host_.Run(When::kAtItsSlot).was_due);
}

TEST_F(TimeRunTest, AFailedCheckInWaitsForTheNextSlotToo) {
  EnrollHost();
  coordinator_.away = true;
  EXPECT_EQ(host_.Run(When::kAtItsSlot).exit_code, ExitCode::kLater);
  coordinator_.away = false;
  EXPECT_FALSE(host_.Run(When::kAtItsSlot).was_due);
}

TEST_F(TimeRunTest, AHintAddsATime) {
  EnrollHost();
  coordinator_.change_answer = [](v1::CheckInAnswer& answer) {
    answer.set_next_hint_ms(absl::ToInt64Milliseconds(absl::Minutes(10)));
  };
  host_.Run(When::kAtItsSlot);
  clock_.Advance(absl::Minutes(10));
  EXPECT_TRUE(host_.Run(When::kAtItsSlot).was_due);
}

// Promise 2.
// R2.
TEST_F(TimeRunTest, AForwardStepClosesWavesForADay) {
  GivenInstalled();
  const base::Digest release = coordinator_.PublishRelease(2, Release("1.2"));
  const base::Digest plan = coordinator_.PublishPlan(2, release, [this](v1::Plan& p) {
    p.mutable_waves(0)->set_not_before_ms(absl::ToUnixMillis(clock_.WallNow() + absl::Hours(20)));
  });
  coordinator_.assigned["agent"] = {.manifest = release, .plan = plan};
  host_.Run();
  clock_.StepWall(absl::Hours(24));  // and the coordinator's with it

  EXPECT_EQ(host_.Run().products[0].refusal.code(), Refusal::WAVES_CLOSED);
  EXPECT_THAT(Notices(), Contains(Refusal::CLOCK_JUMPED));
  EXPECT_EQ(host_.Managed(), FilesOf("1.1"));

  clock_.Advance(absl::Hours(24) + absl::Minutes(1));
  EXPECT_EQ(host_.Run().products[0].version, "1.2");
}

TEST_F(TimeRunTest, AStepThatIsTakenBackDoesNotCloseWavesForLong) {
  GivenInstalled();
  host_.Run();
  clock_.StepWall(absl::Hours(24 * 29));
  host_.Run();
  clock_.StepWall(-absl::Hours(24 * 29));
  host_.Run();
  coordinator_.Roll(2, Release("1.2"));
  EXPECT_EQ(host_.Run().products[0].refusal.code(), Refusal::WAVES_CLOSED);

  clock_.Advance(absl::Hours(25));

  EXPECT_EQ(host_.Run().products[0].version, "1.2");
}

TEST_F(TimeRunTest, ABootExplainsAnyStep) {
  GivenInstalled();
  host_.Run();
  clock_.Reboot();
  clock_.StepWall(absl::Hours(24 * 3));
  coordinator_.Roll(2, Release("1.2"));
  EXPECT_EQ(host_.Run().products[0].version, "1.2");
}

// Promise 1.
TEST_F(TimeRunTest, AnExpiredRootTakesNothingButItsSuccessor) {
  GivenInstalled();
  clock_.Advance(absl::Hours(24 * 366));
  const base::Digest release = coordinator_.PublishRelease(2, Release("1.2"));
  coordinator_.assigned.clear();

  const RunResult expired = host_.Run();
  EXPECT_EQ(expired.exit_code, ExitCode::kRootExpired);
  EXPECT_EQ(host_.Managed(), FilesOf("1.1"));
  EXPECT_NE(host_.AgentPid(), 0);

  coordinator_.documents.clear();
  coordinator_.PublishRoot([this](v1::Root& root) {
    root.set_expires_ms(absl::ToUnixMillis(clock_.WallNow() + absl::Hours(24 * 365)));
  });
  host_.Run();
  EXPECT_EQ(host_.Trusted().root_version, 2u);
  (void)release;
}

TEST_F(TimeRunTest, APlanThatEndsBetweenStagingAndCommitIsFinished) {
  EnrollHost();
  const base::Digest release = coordinator_.PublishRelease(1, Release("1.1"));
  const base::Digest plan = coordinator_.PublishPlan(1, release, [](v1::Plan& p) {
    p.set_expires_ms(p.issued_ms() + 60'000);
    p.set_baseline_until_ms(0);
  });
  coordinator_.assigned["agent"] = {.manifest = release, .plan = plan};
  coordinator_.before_fetch = [this] { clock_.Advance(absl::Seconds(29)); };
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(host_.Run().products[0].version, "1.1");
}

TEST_F(TimeRunTest, FactsAreJudgedAgainAtTheCommitPoint) {
  EnrollHost();
  const base::Digest release = coordinator_.PublishRelease(1, Release("1.1"));
  const base::Digest plan = coordinator_.PublishPlan(
      1, release, [](v1::Plan& p) { p.set_filter("hostname = \"lap-0193\""); });
  coordinator_.assigned["agent"] = {.manifest = release, .plan = plan};
  coordinator_.before_fetch = [this] { host_.facts().environment.set_hostname("other"); };

  EXPECT_EQ(host_.Run().products[0].refusal.code(), Refusal::NOT_MATCHED);
  EXPECT_THAT(host_.Managed(), IsEmpty());
}

// R8.
TEST_F(TimeRunTest, ReportFieldsBindTheHostsOwnFilters) {
  EnrollHost();
  const base::Digest release = coordinator_.PublishRelease(1, Release("1.1"));
  const base::Digest plan = coordinator_.PublishPlan(
      1, release, [](v1::Plan& p) { p.set_filter("hostname = \"lap-0193\""); });
  coordinator_.assigned["agent"] = {.manifest = release, .plan = plan};
  host_.config().report_fields = std::vector<std::string>{"os"};

  EXPECT_EQ(host_.Run().products[0].refusal.code(), Refusal::NOT_MATCHED);
  EXPECT_EQ(coordinator_.check_ins.back().environment().hostname(), "");
  EXPECT_EQ(coordinator_.check_ins.back().environment().os(), "linux");
}

TEST_F(TimeRunTest, LostTrustedStateGoesOnFromAllThatRemained) {
  const base::Digest release = GivenInstalled();
  coordinator_.PublishRoot([](v1::Root&) {});
  host_.Run();
  const trust::TrustedState before = host_.Trusted();
  host_.Remove("/var/lib/mig-loader/trust");

  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);

  EXPECT_THAT(Notices(), Contains(Refusal::TRUST_STATE_LOST));
  const trust::TrustedState after = host_.Trusted();
  EXPECT_EQ(after.host_id, before.host_id);
  EXPECT_EQ(after.root_version, 2u);
  EXPECT_EQ(after.product("agent")->installed->manifest, release);
  EXPECT_EQ(after.product("agent")->seen, before.product("agent")->seen);
  EXPECT_EQ(after.streams, before.streams);
  EXPECT_EQ(host_.AgentStarts(), 1);
}

TEST_F(TimeRunTest, ARevokedReleaseKeyDropsWhatItSigned) {
  GivenInstalled();
  const testing::Contents next = Release("1.2");
  coordinator_.Roll(2, next);
  coordinator_.PublishRoot([](v1::Root& root) {
    for (v1::Role& role : *root.mutable_roles()) {
      if (role.kind() != v1::Role::RELEASE) continue;
      role.mutable_keys()->DeleteSubrange(0, 2);  // both that signed
      role.set_threshold(1);
    }
  });

  const RunResult result = host_.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kRefused);
  EXPECT_EQ(host_.Trusted().root_version, 2u);
  EXPECT_EQ(host_.Managed(), FilesOf("1.1"));
  EXPECT_NE(host_.AgentPid(), 0);
}

}  // namespace
}  // namespace mig::loader
