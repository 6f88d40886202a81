// The gates' denominator: an offer is durable before it is answered, and stands once.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "absl/time/time.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "coordinator/handlers/testing/test_host.h"
#include "trust/refusal.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::StatusIs;
using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;

class OfferTest : public ::testing::Test {
 protected:
  OfferTest() { clock_.Advance(absl::Hours(4)); }

  // A release and a plan for it that everybody gets, started.
  v1::Plan Started(uint64_t sequence) {
    const auto release =
        coordinator_.Publish("agent", sequence, {{"agent", absl::StrCat("program ", sequence)}});
    v1::Plan plan = coordinator_.authority().Plan(sequence, "agent", release.digest());
    plan.set_baseline_until_ms(0);  // its wave stays a wave
    coordinator_.StartPlan(plan);
    return plan;
  }
  RolloutId IdOf(const v1::Plan& plan) { return *RolloutId::FromBytes(plan.rollout()); }
  // Begins a check-in and commits nothing.
  void Begin(TestHost& host) {
    coordinator_.coordinator().loaders().CheckIn(host.peer(), host.says(),
                                                 [this](absl::StatusOr<v1::CheckInAnswer> answer) {
                                                   answered_ = true;
                                                   answer_ = std::move(answer);
                                                 });
  }

  base::testing::ManualClock clock_{trust::testing::TestEpoch()};
  InProcessCoordinator coordinator_{clock_};
  bool answered_ = false;
  absl::StatusOr<v1::CheckInAnswer> answer_ = absl::UnknownError("no answer yet");
};

TEST_F(OfferTest, NoAnswerBeforeTheOfferIsDurable) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(host.CheckIn(), IsOk());
  Started(1);

  Begin(host);
  EXPECT_FALSE(answered_);

  coordinator_.Commit();
  EXPECT_TRUE(answered_);
}

TEST_F(OfferTest, TheOfferIsInTheStoreWhenItIsAnswered) {
  TestHost host(coordinator_, 1);
  const v1::Plan plan = Started(1);

  host.Assigned();

  const absl::StatusOr<OfferRecord> offer = coordinator_.store().GetOffer(host.id(), IdOf(plan));
  ASSERT_THAT(offer, IsOk());
  EXPECT_EQ(offer->kind, OfferKind::kWave);
}

TEST_F(OfferTest, ASecondCheckInWritesNoSecondOffer) {
  TestHost host(coordinator_, 1);
  const v1::Plan plan = Started(1);
  host.Assigned();
  const absl::Time first = coordinator_.store().GetOffer(host.id(), IdOf(plan))->at;
  clock_.Advance(absl::Minutes(5));

  host.Assigned();

  EXPECT_EQ(coordinator_.store().GetOffer(host.id(), IdOf(plan))->at, first);
}

// Promise 4.
TEST_F(OfferTest, AHaltWhileTheOfferBecomesDurableTakesTheAssignmentBack) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(host.CheckIn(), IsOk());
  const v1::Plan plan = Started(1);
  v1::HaltRolloutRequest halt;
  halt.set_name(plan.name());
  halt.mutable_why()->set_reason("INC-482");
  coordinator_.coordinator().rollouts().HaltRollout(coordinator_.admin(), halt,
                                                    [](const absl::StatusOr<v1::Rollout>&) {});

  Begin(host);
  coordinator_.Commit();

  ASSERT_TRUE(answered_);
  ASSERT_THAT(answer_, IsOk());
  EXPECT_THAT(answer_->assignment(), IsEmpty());
}

TEST_F(OfferTest, AHostThatIsRevokedMeanwhileGetsNoAssignment) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(host.CheckIn(), IsOk());
  Started(1);
  v1::RevokeHostsRequest revoke;
  revoke.add_hosts(host.id().ToHex());
  revoke.mutable_why()->set_reason("stolen");
  coordinator_.coordinator().hosts().RevokeHosts(
      coordinator_.admin(), revoke, [](const absl::StatusOr<v1::RevokeHostsAnswer>&) {});

  Begin(host);
  coordinator_.Commit();

  ASSERT_TRUE(answered_);
  EXPECT_THAT(trust::RefusalOf(answer_.status()), Optional(Eq(v1::Refusal::REVOKED)));
}

TEST_F(OfferTest, AHostThatEnrolledAfterTheFirstIssueIsServedAndNeverCounted) {
  const v1::Plan plan = Started(1);  // first issued two hours after the epoch
  TestHost host(coordinator_, 1);    // four hours after it

  host.Assigned();

  EXPECT_FALSE(coordinator_.store().GetOffer(host.id(), IdOf(plan))->counted);
}

TEST_F(OfferTest, AHostThatWasThereBeforeCounts) {
  TestHost host(coordinator_, 1);
  const auto release = coordinator_.Publish("agent", 1, {{"agent", "program"}});
  v1::Plan plan = coordinator_.authority().Plan(1, "agent", release.digest());
  clock_.Advance(absl::Hours(1));
  const int64_t now = absl::ToUnixMillis(clock_.WallNow());
  plan.set_first_issued_ms(now);
  plan.set_issued_ms(now);
  plan.mutable_waves(0)->set_not_before_ms(now);
  coordinator_.StartPlan(plan);

  host.Assigned();

  EXPECT_TRUE(coordinator_.store().GetOffer(host.id(), IdOf(plan))->counted);
}

}  // namespace
}  // namespace mig::coordinator::testing
