// The loader's side: an assignment is judged by the same code that made it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
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
    EXPECT_EQ(Judge(item, now, Moment::kCommit), v1::Refusal::NONE) << hours;
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

// Streams hotfix and main, both over `agent`. What hotfix has ends after 100 hours; main has one
// plan, of priority 5, that lives on.
class EndedStreamTest : public JudgeItemTest {
 protected:
  static constexpr absl::Duration kEnd = absl::Hours(100);

  EndedStreamTest() { host_.documents.streams.clear(); }

  const CheckedPlan& Main() {
    const CheckedPlan& main = world_.Plan(70, v118_, [](v1::Plan& plan) { plan.set_priority(5); });
    host_.Hold(StreamPlans{.newest = &main});
    return main;
  }
  // Ends at kEnd by `expires`.
  const CheckedPlan& Hotfix(const CheckedPlan* base = nullptr, absl::string_view filter = "") {
    const CheckedPlan& hotfix = world_.Plan(81, v119_, [&](v1::Plan& plan) {
      plan.set_stream("hotfix");
      plan.set_priority(10);
      plan.set_filter(std::string(filter));
      plan.set_expires_ms(Ms(Monday() + kEnd));
      plan.clear_baseline_until_ms();
      if (base != nullptr) plan.set_base(std::string(base->digest().bytes()));
    });
    host_.Hold(StreamPlans{.newest = &hotfix, .base = base});
    return hotfix;
  }
  // In its baseline until `until`.
  const CheckedPlan& HotfixBase(uint32_t priority, absl::Duration until) {
    return world_.Plan(80, v117_, [&](v1::Plan& plan) {
      plan.set_stream("hotfix");
      plan.set_priority(priority);
      plan.set_expires_ms(Ms(Monday() + absl::Hours(50)));
      plan.set_baseline_until_ms(Ms(Monday() + until));
    });
  }
  // At both moments, just before kEnd and at it.
  void ExpectOtherStreamUntilTheEnd(const trust::AssignmentItem& item) {
    for (const Moment moment : {Moment::kVerify, Moment::kCommit}) {
      const std::string at = moment == Moment::kVerify ? "kVerify" : "kCommit";
      EXPECT_EQ(Judge(item, Monday() + kEnd - absl::Milliseconds(1), moment),
                v1::Refusal::OTHER_STREAM)
          << at;
      EXPECT_EQ(Judge(item, Monday() + kEnd, moment), v1::Refusal::NONE) << at;
    }
  }
};

// ADVERSARY 66: else it would stop every install of the stream that does speak, in each run.
TEST_F(EndedStreamTest, AnEndedNewestPlanDoesNotSpeakAtTheCommitPoint) {
  const CheckedPlan& main = Main();
  Hotfix();
  ExpectOtherStreamUntilTheEnd(Item(v118_, &main));
}

TEST_F(EndedStreamTest, AnEndedBaseDoesNotSpeakAtTheCommitPoint) {
  const CheckedPlan& main = Main();
  Hotfix(&HotfixBase(10, kEnd), "os = \"windows\"");
  ExpectOtherStreamUntilTheEnd(Item(v118_, &main));
}

// The base goes by its own priority, not by that of the ended plan that names it.
TEST_F(EndedStreamTest, AnEndedNewestPlanDoesNotLendItsBaseAPriority) {
  const CheckedPlan& main = Main();
  const CheckedPlan& base = HotfixBase(0, absl::Hours(24 * 30));
  Hotfix(&base);
  ExpectOtherStreamUntilTheEnd(Item(v118_, &main));
  for (const Moment moment : {Moment::kVerify, Moment::kCommit}) {
    EXPECT_EQ(Judge(Item(v117_, &base), Monday() + kEnd, moment), v1::Refusal::OTHER_STREAM);
  }
}

// ADVERSARY 44: the plan that is judged speaks on, as it did when the run verified.
TEST_F(EndedStreamTest, TheJudgedPlanSpeaksOnAtTheCommitPoint) {
  Main();
  const CheckedPlan& hotfix = Hotfix();
  const absl::Time end = Monday() + kEnd;
  EXPECT_EQ(Judge(Item(v119_, &hotfix), end), v1::Refusal::OTHER_STREAM);
  EXPECT_EQ(Judge(Item(v119_, &hotfix), end, Moment::kCommit), v1::Refusal::NONE);
}

TEST_F(EndedStreamTest, TheJudgedBaseSpeaksOnAtTheCommitPoint) {
  Main();
  const CheckedPlan& base = HotfixBase(10, kEnd);
  Hotfix(&base, "os = \"windows\"");
  const absl::Time end = Monday() + kEnd;
  EXPECT_EQ(Judge(Item(v117_, &base), end), v1::Refusal::OTHER_STREAM);
  EXPECT_EQ(Judge(Item(v117_, &base), end, Moment::kCommit), v1::Refusal::NONE);
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
