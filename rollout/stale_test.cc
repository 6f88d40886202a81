// STALE (docs/protocol.md, "What is seen"; ADVERSARY 58): a coordinator that hides newer plans, or
// says "nothing for you" for ever, is found out.

#include <gtest/gtest.h>

#include "rollout/decide.h"
#include "rollout/testing/test_facts.h"
#include "rollout/testing/test_world.h"

namespace mig::rollout {
namespace {

using testing::HostIdOf;
using testing::Monday;
using testing::TestHost;
using testing::TestWorld;

constexpr absl::Duration kMost = absl::Hours(24 * 90);
constexpr absl::Duration kTick = absl::Milliseconds(1);

class StaleTest : public ::testing::Test {
 protected:
  Decision At(absl::Time now) { return Decide(host_.documents, host_.view, Clocks::All(now)); }
  TestWorld world_;
  TestHost host_{world_, HostIdOf('\1')};
  const CheckedManifest& manifest_ = world_.Manifest("agent", 118);
};

TEST_F(StaleTest, WhenTheNewestPlanForThisHostIsTooOld) {
  host_.state.enrolled = Monday() - absl::Hours(24 * 400);
  host_.Hold(StreamPlans{.newest = &world_.Plan(61, manifest_)});
  EXPECT_FALSE(At(Monday() + kMost).stale);
  EXPECT_LE(At(Monday() + kMost).valid_until, Monday() + kMost + kTick);
  EXPECT_TRUE(At(Monday() + kMost + kTick).stale);
}

TEST_F(StaleTest, WithoutAPlanForThisHostItsEnrollmentOrItsLastPlanCounts) {
  EXPECT_FALSE(At(Monday() + kMost).stale);
  EXPECT_TRUE(At(Monday() + kMost + kTick).stale);

  host_.Hold(StreamPlans{.newest = &world_.Plan(61, manifest_, [](v1::Plan& plan) {
    plan.set_filter("os = \"windows\"");
  })});
  EXPECT_TRUE(At(Monday() + kMost + kTick).stale);

  host_.view.last_match_issued = Monday() + absl::Hours(24);
  EXPECT_FALSE(At(Monday() + kMost + kTick).stale);
  EXPECT_TRUE(At(Monday() + kMost + kTick + absl::Hours(24)).stale);
}

TEST_F(StaleTest, AStreamThatWasNeverUsedMakesNobodyStale) {
  host_.state.enrolled = Monday() - absl::Hours(24 * 400);
  host_.Hold(StreamPlans{.newest = &world_.Plan(61, manifest_)});  // hotfix has no plan at all
  EXPECT_FALSE(At(Monday() + absl::Hours(1)).stale);
}

TEST_F(StaleTest, AHostThatIsNotEnrolledIsNotStale) {
  host_.state.enrolled.reset();
  EXPECT_FALSE(At(Monday() + kMost * 2).stale);
}

TEST_F(StaleTest, IsJudgedByTheNotAfterClock) {
  host_.Hold(StreamPlans{.newest = &world_.Plan(61, manifest_)});
  Clocks clocks = Clocks::All(Monday());
  clocks.not_after = Monday() + kMost + kTick;  // a newer root or manifest is held
  EXPECT_TRUE(Decide(host_.documents, host_.view, clocks).stale);
}

}  // namespace
}  // namespace mig::rollout
