// Rollouts as operators start, watch and stop them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/sha256.h"
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
using ::testing::HasSubstr;
using ::testing::Optional;
using ::testing::SizeIs;

class AdminRolloutsTest : public ::testing::Test {
 protected:
  AdminRolloutsTest() { clock_.Advance(absl::Hours(4)); }

  v1::Plan PlanOf(uint64_t sequence) {
    const auto release =
        coordinator_.Publish("agent", sequence, {{"agent", absl::StrCat("program ", sequence)}});
    v1::Plan plan = coordinator_.authority().Plan(sequence, "agent", release.digest());
    plan.set_baseline_until_ms(0);
    return plan;
  }
  static std::string DigestOf(const v1::Plan& plan) {
    return std::string(base::Sha256Of(plan.SerializeAsString()).bytes());
  }
  absl::StatusOr<v1::Rollout> Start(const std::string& name, const std::string& digest) {
    v1::StartRolloutRequest request;
    request.set_name(name);
    request.set_plan_digest(digest);
    return coordinator_.Wait<v1::Rollout>([&](Done<v1::Rollout> done) {
      coordinator_.coordinator().rollouts().StartRollout(coordinator_.admin(), request,
                                                         std::move(done));
    });
  }
  absl::StatusOr<v1::Rollout> Get(const std::string& name) {
    v1::GetRolloutRequest request;
    request.set_name(name);
    return coordinator_.Wait<v1::Rollout>([&](Done<v1::Rollout> done) {
      coordinator_.coordinator().rollouts().GetRollout(coordinator_.admin(), request,
                                                       std::move(done));
    });
  }
  absl::StatusOr<v1::Rollout> Halt(const std::string& name, const std::string& reason) {
    v1::HaltRolloutRequest request;
    request.set_name(name);
    request.mutable_why()->set_reason(reason);
    return coordinator_.Wait<v1::Rollout>([&](Done<v1::Rollout> done) {
      coordinator_.coordinator().rollouts().HaltRollout(coordinator_.admin(), request,
                                                        std::move(done));
    });
  }

  base::testing::ManualClock clock_{trust::testing::TestEpoch()};
  InProcessCoordinator coordinator_{clock_};
};

TEST_F(AdminRolloutsTest, ASignedPlanIsReady) {
  const v1::Plan plan = PlanOf(1);
  coordinator_.PutPlan(plan);
  EXPECT_EQ(Get(plan.name())->state(), v1::Rollout::READY);
}

TEST_F(AdminRolloutsTest, AStartedOneRuns) {
  const v1::Plan plan = PlanOf(1);
  coordinator_.PutPlan(plan);
  const auto rollout = Start(plan.name(), DigestOf(plan));
  ASSERT_THAT(rollout, IsOk());
  EXPECT_EQ(rollout->state(), v1::Rollout::RUNNING);
  EXPECT_EQ(rollout->started_by(), "admin");
}

TEST_F(AdminRolloutsTest, AnotherPlanThanTheOneLookedAtIsNotStarted) {
  v1::Plan plan = PlanOf(1);
  coordinator_.PutPlan(plan);
  const std::string looked_at = DigestOf(plan);
  plan.set_sequence(2);
  coordinator_.PutPlan(plan);
  EXPECT_THAT(trust::RefusalOf(Start(plan.name(), looked_at).status()),
              Optional(Eq(v1::Refusal::CHANGED_MEANWHILE)));
}

TEST_F(AdminRolloutsTest, AnUnderSignedPlanIsNotStarted) {
  const v1::Plan plan = PlanOf(1);
  ASSERT_THAT(
      coordinator_.PutDocument(coordinator_.authority().SignPayload(
          trust::DocumentType::kPlan, plan.SerializeAsString(), trust::RoleKind::kRollout, 1)),
      IsOk());
  EXPECT_THAT(trust::RefusalOf(Start(plan.name(), DigestOf(plan)).status()),
              Optional(Eq(v1::Refusal::SIGNATURES)));
}

TEST_F(AdminRolloutsTest, APlanWithoutAllContentsIsNotStarted) {
  const v1::Plan plan = PlanOf(1);
  coordinator_.PutPlan(plan);
  ASSERT_THAT(coordinator_.blobs().Remove(base::Sha256Of("program 1")), IsOk());
  EXPECT_THAT(trust::RefusalOf(Start(plan.name(), DigestOf(plan)).status()),
              Optional(Eq(v1::Refusal::MISSING_DOCUMENT)));
}

TEST_F(AdminRolloutsTest, StartingTwiceIsTheSame) {
  const v1::Plan plan = PlanOf(1);
  coordinator_.StartPlan(plan);
  EXPECT_EQ(Start(plan.name(), DigestOf(plan))->last_event(), 1);
}

TEST_F(AdminRolloutsTest, AHaltNeedsAReason) {
  const v1::Plan plan = PlanOf(1);
  coordinator_.StartPlan(plan);
  EXPECT_THAT(Halt(plan.name(), ""), StatusIs(absl::StatusCode::kInvalidArgument));
}

// Promise 4.
TEST_F(AdminRolloutsTest, AHaltedOneIsNotStartedAgain) {
  const v1::Plan plan = PlanOf(1);
  coordinator_.StartPlan(plan);
  ASSERT_THAT(Halt(plan.name(), "INC-482"), IsOk());
  EXPECT_THAT(trust::RefusalOf(Start(plan.name(), DigestOf(plan)).status()),
              Optional(Eq(v1::Refusal::HALTED)));
}

TEST_F(AdminRolloutsTest, AHaltSaysWhoAndWhy) {
  const v1::Plan plan = PlanOf(1);
  coordinator_.StartPlan(plan);
  const auto rollout = Halt(plan.name(), "INC-482");
  EXPECT_EQ(rollout->state(), v1::Rollout::HALTED);
  EXPECT_EQ(rollout->why().text(), "INC-482");
}

TEST_F(AdminRolloutsTest, AHaltAndAStartAtOnceEndHalted) {
  const v1::Plan plan = PlanOf(1);
  coordinator_.PutPlan(plan);
  v1::StartRolloutRequest start;
  start.set_name(plan.name());
  start.set_plan_digest(DigestOf(plan));
  v1::HaltRolloutRequest halt;
  halt.set_name(plan.name());
  halt.mutable_why()->set_reason("INC-482");
  AdminRollouts& rollouts = coordinator_.coordinator().rollouts();
  rollouts.StartRollout(coordinator_.admin(), start, [](const absl::StatusOr<v1::Rollout>&) {});
  rollouts.HaltRollout(coordinator_.admin(), halt, [](const absl::StatusOr<v1::Rollout>&) {});

  coordinator_.Commit();

  EXPECT_EQ(Get(plan.name())->state(), v1::Rollout::HALTED);
}

TEST_F(AdminRolloutsTest, ANewerOneOfTheStreamSupersedes) {
  const v1::Plan first = PlanOf(1);
  coordinator_.StartPlan(first);
  coordinator_.StartPlan(PlanOf(2));
  EXPECT_EQ(Get(first.name())->state(), v1::Rollout::SUPERSEDED);
}

TEST_F(AdminRolloutsTest, AWaveOnHoldPausesIt) {
  v1::Plan plan = PlanOf(1);
  plan.mutable_waves(0)->set_hold(true);
  coordinator_.StartPlan(plan);
  EXPECT_EQ(Get(plan.name())->state(), v1::Rollout::PAUSED);
}

TEST_F(AdminRolloutsTest, AtItsTimeItIsTheBaseline) {
  v1::Plan plan = PlanOf(1);
  plan.set_baseline_until_ms(plan.issued_ms() + 90LL * 24 * 3'600'000);
  coordinator_.StartPlan(plan);
  clock_.Advance(absl::Hours(24));
  EXPECT_EQ(Get(plan.name())->state(), v1::Rollout::BASELINE);
  EXPECT_TRUE(AdminRollouts::IsFinal(*Get(plan.name())));
}

TEST_F(AdminRolloutsTest, ExpectedHostsAreThoseOfItsFilter) {
  TestHost debian(coordinator_, 1);
  TestHost ubuntu(coordinator_, 2);
  ubuntu.says().mutable_environment()->set_distribution("ubuntu");
  ASSERT_THAT(debian.CheckIn(), IsOk());
  ASSERT_THAT(ubuntu.CheckIn(), IsOk());
  v1::Plan plan = PlanOf(1);
  clock_.Advance(absl::Hours(1));
  const int64_t now = absl::ToUnixMillis(clock_.WallNow());
  plan.set_first_issued_ms(now);
  plan.set_issued_ms(now);
  plan.mutable_waves(0)->set_not_before_ms(now);
  plan.set_filter("distribution = \"debian\"");
  coordinator_.StartPlan(plan);

  EXPECT_EQ(Get(plan.name())->total().expected(), 1);
}

TEST_F(AdminRolloutsTest, EventsAreListedOldestFirst) {
  const v1::Plan plan = PlanOf(1);
  coordinator_.StartPlan(plan);
  ASSERT_THAT(Halt(plan.name(), "INC-482"), IsOk());
  v1::ListRolloutEventsRequest request;
  request.set_name(plan.name());
  const auto events =
      coordinator_.Wait<v1::ListRolloutEventsAnswer>([&](Done<v1::ListRolloutEventsAnswer> done) {
        coordinator_.coordinator().rollouts().ListRolloutEvents(coordinator_.admin(), request,
                                                                std::move(done));
      });
  ASSERT_THAT(events->events(), SizeIs(2));
  EXPECT_EQ(events->events(0).kind(), v1::RolloutEvent::STARTED);
  EXPECT_EQ(events->events(1).kind(), v1::RolloutEvent::HALTED_BY_PERSON);
}

TEST_F(AdminRolloutsTest, RolloutsComeNewestFirstAndInPages) {
  coordinator_.PutPlan(PlanOf(1));
  v1::Plan second = PlanOf(2);
  second.set_first_issued_ms(second.first_issued_ms() - 1);
  coordinator_.PutPlan(second);
  v1::ListRolloutsRequest request;
  request.mutable_page()->set_size(1);
  const auto list = [&] {
    return *coordinator_.Wait<v1::ListRolloutsAnswer>([&](Done<v1::ListRolloutsAnswer> done) {
      coordinator_.coordinator().rollouts().ListRollouts(coordinator_.admin(), request,
                                                         std::move(done));
    });
  };
  const v1::ListRolloutsAnswer first_page = list();
  request.mutable_page()->set_token(first_page.next_token());
  const v1::ListRolloutsAnswer second_page = list();

  ASSERT_THAT(first_page.rollouts(), SizeIs(1));
  ASSERT_THAT(second_page.rollouts(), SizeIs(1));
  EXPECT_EQ(second_page.rollouts(0).name(), second.name());
  EXPECT_EQ(second_page.next_token(), "");
}

TEST_F(AdminRolloutsTest, WhatComesLaterSaysSo) {
  v1::ResumeRolloutRequest request;
  EXPECT_THAT(coordinator_.Wait<v1::PendingRequest>([&](Done<v1::PendingRequest> done) {
    coordinator_.coordinator().rollouts().ResumeRollout(coordinator_.admin(), request,
                                                        std::move(done));
  }),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("rollout gates")));
}

TEST_F(AdminRolloutsTest, AnUnknownNameIsNotFound) {
  EXPECT_THAT(trust::RefusalOf(Get("nope").status()), Optional(Eq(v1::Refusal::NOT_FOUND)));
}

TEST_F(AdminRolloutsTest, TheChangeNumberMovesWithEachChange) {
  const v1::Plan plan = PlanOf(1);
  coordinator_.PutPlan(plan);
  const uint64_t before = coordinator_.coordinator().fleet().change();
  ASSERT_THAT(Start(plan.name(), DigestOf(plan)), IsOk());
  EXPECT_GT(coordinator_.coordinator().fleet().change(), before);
}

}  // namespace
}  // namespace mig::coordinator::testing
