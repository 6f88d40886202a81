// The loader's side: an assignment is judged by the same code that made it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "rollout/decide.h"
#include "rollout/testing/test_facts.h"
#include "rollout/testing/test_world.h"
#include "trust/refusal.h"
#include "trust/seen.h"

namespace mig::rollout {
namespace {

using testing::HostIdOf;
using testing::Monday;
using testing::Ms;
using testing::TestEnvironment;
using testing::TestFacts;
using testing::TestHost;
using testing::TestWorld;

class JudgeItemTest : public ::testing::Test {
 protected:
  JudgeItemTest() {
    host_.Hold(v117_);
    host_.Hold(v118_);
    host_.Hold(v119_);
    host_.Hold(StreamPlans{.newest = &newest_, .base = &base_});
  }

  v1::Refusal::Code Judge(const trust::AssignmentItem& item,
                          absl::Time now = Monday() + absl::Hours(80),
                          Moment moment = Moment::kVerify) {
    const absl::Status status =
        JudgeItem(host_.documents, host_.view, Clocks::All(now), item, moment);
    return status.ok() ? v1::Refusal::NONE : *trust::RefusalOf(status);
  }
  static trust::AssignmentItem Item(const CheckedManifest& manifest, const CheckedPlan* plan,
                                    uint32_t variant = 0) {
    trust::AssignmentItem item{.product = "agent", .manifest = manifest.digest()};
    item.variant = variant;
    if (plan != nullptr) item.plan = plan->digest();
    return item;
  }

  TestWorld world_;
  const CheckedManifest& v117_ = world_.Manifest("agent", 117);
  const CheckedManifest& v118_ = world_.Manifest("agent", 118);
  const CheckedManifest& v119_ = world_.Manifest("agent", 119);
  const CheckedPlan& base_ = world_.Plan(60, v117_);
  // Opens on Thursday (72 h), has a fallback, never becomes a baseline.
  const CheckedPlan& newest_ = world_.Plan(61, v118_, [&](v1::Plan& plan) {
    plan.set_base(std::string(base_.digest().bytes()));
    plan.mutable_items(0)->set_fallback_manifest_digest(std::string(v119_.digest().bytes()));
    plan.mutable_waves(0)->set_not_before_ms(Ms(Monday() + absl::Hours(72)));
    plan.clear_baseline_until_ms();
  });
  TestHost host_{world_, HostIdOf('\1')};
};

TEST_F(JudgeItemTest, WhatDecideOffersIsAccepted) {
  for (const int hours : {0, 1, 2, 71, 72, 80, 24 * 14, 24 * 20}) {
    const absl::Time now = Monday() + absl::Hours(hours);
    const Decision decision = Decide(host_.documents, host_.view, Clocks::All(now));
    const ProductDecision& agent = *decision.product("agent");
    if (agent.code != v1::Refusal::NONE) continue;
    const trust::AssignmentItem item = {.product = "agent",
                                        .manifest = agent.manifest,
                                        .variant = agent.variant,
                                        .plan = agent.plan};
    EXPECT_EQ(Judge(item, now), v1::Refusal::NONE) << hours;
  }
}

TEST_F(JudgeItemTest, AWaveThatHasNotBegunIsRefused) {  // ADVERSARY 50, 53
  const absl::Time opens = Monday() + absl::Hours(72);
  EXPECT_EQ(Judge(Item(v118_, &newest_), opens - absl::Seconds(1)), v1::Refusal::TOO_EARLY);
  EXPECT_EQ(Judge(Item(v118_, &newest_), opens), v1::Refusal::NONE);
}

// A loader does not know of a halt; the base may be assigned whenever it is a baseline.
TEST_F(JudgeItemTest, TheBaseMayBeAssignedAlsoWhereTheNewestPlanAdmits) {
  EXPECT_EQ(Judge(Item(v117_, &base_)), v1::Refusal::NONE);
  EXPECT_EQ(Judge(Item(v117_, &base_), Monday() + absl::Minutes(59)), v1::Refusal::BASE);
  trust::MoveSeen(host_.state, v118_.verified());
  EXPECT_EQ(Judge(Item(v117_, &base_)), v1::Refusal::BELOW_SEEN);
}

TEST_F(JudgeItemTest, AReleaseThatThePlanDoesNotNameIsRefused) {  // ADVERSARY 45
  EXPECT_EQ(Judge(Item(v117_, &newest_)), v1::Refusal::NOT_IN_PLAN);
  EXPECT_EQ(Judge(Item(v118_, &base_)), v1::Refusal::NOT_IN_PLAN);
  trust::AssignmentItem loader = Item(v118_, &newest_);
  loader.product = "loader";
  EXPECT_EQ(Judge(loader), v1::Refusal::NOT_IN_PLAN);
}

TEST_F(JudgeItemTest, APlanThatIsNotHeldIsRefused) {  // ADVERSARY 39
  const CheckedPlan& stranger = world_.Plan(59, v118_);
  EXPECT_EQ(Judge(Item(v118_, &stranger)), v1::Refusal::MISSING_DOCUMENT);
}

TEST_F(JudgeItemTest, FallbacksAreRefusedSoFar) {  // ADVERSARY 63
  EXPECT_EQ(Judge(Item(v119_, &newest_)), v1::Refusal::FALLBACK);
}

TEST_F(JudgeItemTest, TheVariantMustBeTheHostsOwn) {  // ADVERSARY 74
  EXPECT_EQ(Judge(Item(v118_, &newest_, 1)), v1::Refusal::VARIANT);
}

TEST_F(JudgeItemTest, AnotherStreamMaySpeak) {  // ADVERSARY 66
  const CheckedPlan& hotfix = world_.Plan(62, v119_, [](v1::Plan& plan) {
    plan.set_stream("hotfix");
    plan.set_priority(7);
  });
  host_.Hold(StreamPlans{.newest = &hotfix});
  EXPECT_EQ(Judge(Item(v118_, &newest_)), v1::Refusal::OTHER_STREAM);
  EXPECT_EQ(Judge(Item(v117_, &base_)), v1::Refusal::OTHER_STREAM);
  EXPECT_EQ(Judge(Item(v119_, &hotfix)), v1::Refusal::NONE);
}

TEST_F(JudgeItemTest, FactsThatChangedAreJudgedAgainAtTheCommitPoint) {  // ADVERSARY 48
  const CheckedPlan& plan =
      world_.Plan(70, v118_, [](v1::Plan& message) { message.set_filter("tags.site = \"ber\""); });
  host_.documents.streams[0] = StreamPlans{.newest = &plan};
  const absl::Time now = Monday() + absl::Hours(2);
  EXPECT_EQ(Judge(Item(v118_, &plan), now), v1::Refusal::NONE);
  v1::Environment moved = TestEnvironment();
  moved.mutable_tags(1)->set_value("muc");
  host_.facts = TestFacts(moved);
  EXPECT_EQ(Judge(Item(v118_, &plan), now, Moment::kCommit), v1::Refusal::NOT_MATCHED);
}

TEST_F(JudgeItemTest, APlanThatEndsMeanwhileDoesNotStopTheInstall) {  // ADVERSARY 44
  const absl::Time expires = newest_.plan().expires();
  EXPECT_EQ(Judge(Item(v118_, &newest_), expires), v1::Refusal::EXPIRED);
  EXPECT_EQ(Judge(Item(v118_, &newest_), expires, Moment::kCommit), v1::Refusal::NONE);
}

TEST_F(JudgeItemTest, FloorAndWithdrawalAreJudgedAtTheCommitPoint) {  // ADVERSARY 68
  TestWorld withdrawn([&](v1::Root& root) {
    root.mutable_products(0)->add_withdrawn(std::string(v118_.digest().bytes()));
  });
  TestWorld floor([](v1::Root& root) { root.mutable_products(0)->set_floor(119); });
  const absl::Time now = Monday() + absl::Hours(80);
  host_.documents.root = &withdrawn.root();
  EXPECT_EQ(Judge(Item(v118_, &newest_), now, Moment::kCommit), v1::Refusal::WITHDRAWN);
  host_.documents.root = &floor.root();
  EXPECT_EQ(Judge(Item(v118_, &newest_), now, Moment::kCommit), v1::Refusal::BELOW_FLOOR);
}

TEST_F(JudgeItemTest, WhatIsInstalledNeedsNoInstall) {  // ADVERSARY 81
  host_.Install(v118_);
  EXPECT_EQ(Judge(Item(v118_, &newest_)), v1::Refusal::ALREADY_INSTALLED);
}

// ADVERSARY 46: without a plan only the installed release may be named, in its recorded variant.
TEST_F(JudgeItemTest, ARepairNeedsNoPlan) {
  EXPECT_EQ(Judge(Item(v118_, nullptr)), v1::Refusal::NO_PLAN);
  host_.Install(v118_, 3);
  host_.documents.streams.clear();
  EXPECT_EQ(Judge(Item(v118_, nullptr, 3)), v1::Refusal::NONE);
  EXPECT_EQ(Judge(Item(v118_, nullptr, 0)), v1::Refusal::VARIANT);
  EXPECT_EQ(Judge(Item(v117_, nullptr, 3)), v1::Refusal::NO_PLAN);

  // Below `seen`, by a local return: still repaired. Below the floor: not.
  trust::MoveSeen(host_.state, v119_.verified());
  EXPECT_EQ(Judge(Item(v118_, nullptr, 3)), v1::Refusal::NONE);
  TestWorld floor([](v1::Root& root) { root.mutable_products(0)->set_floor(119); });
  host_.documents.root = &floor.root();
  EXPECT_EQ(Judge(Item(v118_, nullptr, 3)), v1::Refusal::BELOW_FLOOR);
  host_.documents.manifests.clear();
  EXPECT_EQ(Judge(Item(v118_, nullptr, 3)), v1::Refusal::MISSING_DOCUMENT);
}

}  // namespace
}  // namespace mig::rollout
