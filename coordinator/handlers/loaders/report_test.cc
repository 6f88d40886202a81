// What is reported is durable before it is acknowledged, and counted once.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "base/sizes.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "coordinator/handlers/testing/test_host.h"
#include "trust/refusal.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

class ReportTest : public ::testing::Test {
 protected:
  ReportTest() {
    clock_.Advance(absl::Hours(1));
    const auto release = coordinator_.Publish("agent", 1, {{"agent", "program"}});
    host_ = std::make_unique<TestHost>(coordinator_, 1);
    clock_.Advance(absl::Hours(3));
    plan_ = coordinator_.authority().Plan(1, "agent", release.digest());
    plan_.set_baseline_until_ms(0);
    coordinator_.StartPlan(plan_);
  }

  v1::Rollout Rollout() { return Rollout(plan_.name()); }
  v1::Rollout Rollout(const std::string& name) {
    v1::GetRolloutRequest request;
    request.set_name(name);
    const absl::StatusOr<v1::Rollout> rollout =
        coordinator_.Wait<v1::Rollout>([&](Done<v1::Rollout> done) {
          coordinator_.coordinator().rollouts().GetRollout(coordinator_.admin(), request,
                                                           std::move(done));
        });
    EXPECT_THAT(rollout, IsOk());
    return *rollout;
  }

  base::testing::ManualClock clock_{trust::testing::TestEpoch()};
  InProcessCoordinator coordinator_{clock_};
  std::unique_ptr<TestHost> host_;
  v1::Plan plan_;
};

TEST_F(ReportTest, AHealthyOutcomeIsCounted) {
  const v1::Outcome outcome = host_->OutcomeOf(host_->Assigned(), 'a');

  ASSERT_THAT(host_->Report(outcome), IsOk());

  EXPECT_EQ(Rollout().total().healthy(), 1);
}

// Its host has gone on since: what it has now is not what it was from.
TEST_F(ReportTest, ASupersededRolloutStillSaysFromWhichVersionItWas) {
  trust::Verified<trust::Manifest> before = coordinator_.authority().Verified(
      coordinator_.authority().Manifest("agent", 1, {{"agent", "program"}}));
  host_->Has(before);
  std::string names[2];
  for (uint64_t sequence = 2; sequence <= 3; ++sequence) {
    const auto release =
        coordinator_.Publish("agent", sequence, {{"agent", std::string(sequence, 'p')}});
    v1::Plan plan = coordinator_.authority().Plan(sequence, "agent", release.digest());
    plan.set_baseline_until_ms(0);
    names[sequence - 2] = plan.name();
    coordinator_.StartPlan(plan);
    v1::Outcome outcome = host_->OutcomeOf(host_->Assigned(), static_cast<char>('a' + sequence));
    outcome.set_from_manifest_digest(std::string(before.digest().bytes()));
    ASSERT_THAT(host_->Report(outcome), IsOk());
    host_->Has(release);
    before = release;
  }
  ASSERT_THAT(host_->CheckIn(), IsOk());

  EXPECT_EQ(Rollout(names[0]).state(), v1::Rollout::SUPERSEDED);
  EXPECT_EQ(Rollout(names[0]).changes(0).from_version(), "1.1");
  EXPECT_EQ(Rollout(names[1]).changes(0).from_version(), "1.2");
  coordinator_.Restart();
  EXPECT_EQ(Rollout(names[0]).changes(0).from_version(), "1.1");
}

// Promise 5.
TEST_F(ReportTest, TheSameAttemptTwiceIsCountedOnce) {
  const v1::Outcome outcome = host_->OutcomeOf(host_->Assigned(), 'a');
  ASSERT_THAT(host_->Report(outcome), IsOk());

  const absl::StatusOr<v1::ReportAnswer> again = host_->Report(outcome);

  EXPECT_THAT(again->acknowledged_attempts(), ElementsAre(outcome.attempt()));
  EXPECT_EQ(Rollout().total().healthy(), 1);
  EXPECT_EQ(coordinator_.coordinator().loaders().counts().outcomes, 1);
}

// Promise 5.
TEST_F(ReportTest, WhatWasAcknowledgedIsThereAfterAKill) {
  ASSERT_THAT(host_->Report(host_->OutcomeOf(host_->Assigned(), 'a')), IsOk());

  coordinator_.Restart();

  EXPECT_EQ(Rollout().total().healthy(), 1);
}

TEST_F(ReportTest, NothingIsAcknowledgedBeforeItIsDurable) {
  v1::ReportRequest request;
  *request.add_outcomes() = host_->OutcomeOf(host_->Assigned(), 'a');
  bool answered = false;
  coordinator_.coordinator().loaders().Report(
      host_->peer(), request,
      [&answered](const absl::StatusOr<v1::ReportAnswer>&) { answered = true; });
  EXPECT_FALSE(answered);

  coordinator_.Commit();

  EXPECT_TRUE(answered);
}

// Promise 4.
TEST_F(ReportTest, AHostThatWentBackIsAFailureWithItsStageAndCode) {
  v1::Outcome outcome = host_->OutcomeOf(host_->Assigned(), 'a');
  outcome.set_result(v1::Outcome::WENT_BACK);
  outcome.set_stage(v1::Outcome::HEALTH);
  outcome.mutable_refusal()->set_code(v1::Refusal::EXIT);
  outcome.mutable_refusal()->set_exit_status(139);

  ASSERT_THAT(host_->Report(outcome), IsOk());

  const v1::Rollout rollout = Rollout();
  EXPECT_EQ(rollout.total().failed(), 1);
  ASSERT_THAT(rollout.failures(), SizeIs(1));
  EXPECT_EQ(rollout.failures(0).refusal().exit_status(), 139);
}

TEST_F(ReportTest, OfferedIsTheSumOfItsParts) {
  TestHost second(coordinator_, 2);
  const trust::Assignment assignment = host_->Assigned();
  second.Assigned();
  ASSERT_THAT(host_->Report(host_->OutcomeOf(assignment, 'a')), IsOk());

  const v1::HostCounts total = Rollout().total();

  EXPECT_EQ(total.offered(), total.healthy() + total.failed() + total.silent() + total.pending());
}

TEST_F(ReportTest, AnOutcomeOfARolloutThatWasNeverOfferedIsKeptApart) {
  const v1::Outcome outcome = host_->OutcomeOf(host_->Assigned(), 'a');
  TestHost liar(coordinator_, 2);  // was offered nothing

  ASSERT_THAT(liar.Report(outcome), IsOk());

  EXPECT_EQ(Rollout().total().healthy(), 0);
  EXPECT_FALSE(coordinator_.store()
                   .GetOutcome(liar.id(), *AttemptId::FromBytes(outcome.attempt()))
                   ->counted);
}

TEST_F(ReportTest, AHostThatEnrolledAfterTheFirstIssueMovesNoCount) {
  TestHost late(coordinator_, 2);
  const trust::Assignment assignment = late.Assigned();

  ASSERT_THAT(late.Report(late.OutcomeOf(assignment, 'a')), IsOk());

  EXPECT_EQ(Rollout().total().offered(), 0);
  EXPECT_EQ(Rollout().total().uncounted(), 1);
}

TEST_F(ReportTest, ADownloadThatBrokeOffIsStillPending) {
  v1::Outcome outcome = host_->OutcomeOf(host_->Assigned(), 'a');
  outcome.set_result(v1::Outcome::UNCHANGED);
  outcome.set_stage(v1::Outcome::FETCH);
  outcome.mutable_refusal()->set_code(v1::Refusal::UNAVAILABLE);

  ASSERT_THAT(host_->Report(outcome), IsOk());

  EXPECT_EQ(Rollout().total().pending(), 1);
}

TEST_F(ReportTest, AMalformedOutcomeIsSetAsideAndTheOthersAreTaken) {
  const trust::Assignment assignment = host_->Assigned();
  v1::ReportRequest request;
  *request.add_outcomes() = host_->OutcomeOf(assignment, 'a');
  *request.add_outcomes() = host_->OutcomeOf(assignment, 'b');
  request.mutable_outcomes(0)->set_stage(v1::Outcome::STAGE_UNSPECIFIED);

  const absl::StatusOr<v1::ReportAnswer> answer =
      coordinator_.Wait<v1::ReportAnswer>([&](Done<v1::ReportAnswer> done) {
        coordinator_.coordinator().loaders().Report(host_->peer(), request, std::move(done));
      });

  ASSERT_THAT(answer, IsOk());
  EXPECT_THAT(answer->acknowledged_attempts(), ElementsAre(std::string(16, 'b')));
  ASSERT_THAT(answer->rejected(), SizeIs(1));
  EXPECT_EQ(answer->rejected(0).refusal().code(), v1::Refusal::MALFORMED);
}

TEST_F(ReportTest, AReportOverItsBoundIsRefused) {
  v1::Outcome outcome = host_->OutcomeOf(host_->Assigned(), 'a');
  outcome.set_agent_output(std::string(base::kMaxReportBytes, 'x'));
  EXPECT_THAT(trust::RefusalOf(host_->Report(outcome).status()), Optional(Eq(v1::Refusal::BOUND)));
}

TEST_F(ReportTest, ControlCharactersInATextAreRefusedForEver) {
  v1::Outcome outcome = host_->OutcomeOf(host_->Assigned(), 'a');
  outcome.mutable_refusal()->set_text("\x1b[2Jgone");

  const absl::StatusOr<v1::ReportAnswer> answer = host_->Report(outcome);

  EXPECT_THAT(answer->acknowledged_attempts(), IsEmpty());
  EXPECT_THAT(answer->rejected(), SizeIs(1));
}

TEST_F(ReportTest, ARevokedHostReportsNothing) {
  const v1::Outcome outcome = host_->OutcomeOf(host_->Assigned(), 'a');
  v1::RevokeHostsRequest request;
  request.add_hosts(host_->id().ToHex());
  request.mutable_why()->set_reason("stolen");
  ASSERT_THAT(coordinator_.Wait<v1::RevokeHostsAnswer>([&](Done<v1::RevokeHostsAnswer> done) {
    coordinator_.coordinator().hosts().RevokeHosts(coordinator_.admin(), request, std::move(done));
  }),
              IsOk());

  EXPECT_THAT(trust::RefusalOf(host_->Report(outcome).status()),
              Optional(Eq(v1::Refusal::REVOKED)));
}

}  // namespace
}  // namespace mig::coordinator::testing
