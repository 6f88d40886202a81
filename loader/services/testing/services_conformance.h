// What every Services promises, run on the real processes and on the stand-in alike.

#ifndef MIG_LOADER_SERVICES_TESTING_SERVICES_CONFORMANCE_H_
#define MIG_LOADER_SERVICES_TESTING_SERVICES_CONFORMANCE_H_

#include <functional>
#include <memory>
#include <variant>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "loader/services/agent_spec.h"
#include "loader/services/services.h"
#include "loader/services/testing/scripted_services.h"

namespace mig::loader::testing {

// A machine on which agents behave as scripted. Short times: the real one takes them.
class ServicesWorld {
 public:
  virtual ~ServicesWorld() = default;
  virtual base::Clock& clock() = 0;
  virtual Services& services() = 0;
  // The agent that will be started next, and how it is to be managed; one product per world.
  virtual AgentSpec Agent(const AgentScript& script) = 0;
};

using MakeWorld = std::function<std::unique_ptr<ServicesWorld>()>;

inline constexpr absl::Duration kShortProbation = absl::Milliseconds(400);

class ServicesConformanceTest : public ::testing::TestWithParam<MakeWorld> {
 protected:
  ServicesConformanceTest() : world_(GetParam()()) {}
  ~ServicesConformanceTest() override { services().Stop(spec_).IgnoreError(); }

  Services& services() { return world_->services(); }
  AgentSpec& Agent(const AgentScript& script) { return spec_ = world_->Agent(script); }
  Health ActivateAndWatch(const AgentScript& script) {
    Agent(script);
    EXPECT_THAT(services().Activate(spec_), base::testing::IsOk());
    return services().Watch(spec_, kShortProbation);
  }
  AgentState::Run Run() { return services().State(spec_).value().run; }
  int64_t Pid() { return services().State(spec_).value().pid; }

  std::unique_ptr<ServicesWorld> world_;
  AgentSpec spec_;
};

TEST_P(ServicesConformanceTest, AHealthyAgentIsHealthyAndRunsOn) {
  const Health health = ActivateAndWatch(AgentScript::Healthy());
  EXPECT_TRUE(health.ok()) << health.text;
  EXPECT_EQ(Run(), AgentState::Run::kRunning);
  EXPECT_TRUE(services().Watch(spec_, absl::ZeroDuration()).ok());
}

TEST_P(ServicesConformanceTest, AnAgentThatEndsAtOnceIsSeenWithItsStatus) {
  const Health health = ActivateAndWatch(AgentScript::CrashesAfter(absl::ZeroDuration(), 139));
  EXPECT_EQ(health.code, v1::Refusal::EXIT) << health.text;
  EXPECT_EQ(Run(), AgentState::Run::kStopped);
}

TEST_P(ServicesConformanceTest, AnAgentThatEndsDuringTheProbationIsSeenWithItsStatus) {
  const Health health = ActivateAndWatch(AgentScript::CrashesAfter(absl::Milliseconds(150), 3));
  EXPECT_EQ(health.code, v1::Refusal::EXIT) << health.text;
  EXPECT_EQ(health.exit_status, 3u);
  EXPECT_EQ(Run(), AgentState::Run::kStopped);
}

TEST_P(ServicesConformanceTest, AnAgentThatIsNeverReadyIsNotWell) {
  const Health health = ActivateAndWatch(AgentScript::NeverReady());
  EXPECT_EQ(health.code, v1::Refusal::PROBE) << health.text;
  EXPECT_EQ(Run(), AgentState::Run::kRunning);
}

TEST_P(ServicesConformanceTest, AnAgentThatIsReadyLateButInTimeIsHealthy) {
  AgentScript script;
  script.ready_after = absl::Milliseconds(100);
  const Health health = ActivateAndWatch(script);
  EXPECT_TRUE(health.ok()) << health.text;
}

TEST_P(ServicesConformanceTest, AnAgentThatIsWellOnlyAtFirstIsNotWell) {
  const Health health = ActivateAndWatch(AgentScript::Lies(absl::Milliseconds(150)));
  EXPECT_EQ(health.code, v1::Refusal::PROBE) << health.text;
}

TEST_P(ServicesConformanceTest, AnAgentThatSaysThatItIsReadyIsHealthy) {
  AgentScript script;
  script.ready_after = absl::Milliseconds(100);
  Agent(script).notifies = true;
  spec_.probe = std::monostate();
  ASSERT_THAT(services().Activate(spec_), base::testing::IsOk());
  const Health health = services().Watch(spec_, kShortProbation);
  EXPECT_TRUE(health.ok()) << health.text;
}

TEST_P(ServicesConformanceTest, AnAgentThatNeverSaysThatItIsReadyIsNotWell) {
  Agent(AgentScript::NeverReady()).notifies = true;
  spec_.probe = std::monostate();
  ASSERT_THAT(services().Activate(spec_), base::testing::IsOk());
  const Health health = services().Watch(spec_, kShortProbation);
  EXPECT_EQ(health.code, v1::Refusal::PROBE_TIMEOUT) << health.text;
  EXPECT_THAT(health.text, ::testing::HasSubstr("READY=1"));
  EXPECT_EQ(Run(), AgentState::Run::kRunning);
}

TEST_P(ServicesConformanceTest, WhoDiedIsKnownFromWhoWasStopped) {
  ActivateAndWatch(AgentScript::CrashesAfter(absl::Milliseconds(50), 3));
  EXPECT_TRUE(services().State(spec_)->died);

  Agent(AgentScript::Healthy());
  ASSERT_THAT(services().Start(spec_), base::testing::IsOk());
  EXPECT_FALSE(services().State(spec_)->died);
  ASSERT_THAT(services().Stop(spec_), base::testing::IsOk());
  EXPECT_FALSE(services().State(spec_)->died);
}

TEST_P(ServicesConformanceTest, AnAgentThatHangsGivesNoAnswerInTime) {
  const Health health = ActivateAndWatch(AgentScript::Hangs());
  EXPECT_EQ(health.code, v1::Refusal::PROBE_TIMEOUT) << health.text;
}

TEST_P(ServicesConformanceTest, AnAgentThatCannotBeStartedSaysSo) {
  Agent(AgentScript::CannotStart(absl::FailedPreconditionError("not a program")));
  EXPECT_THAT(services().Activate(spec_),
              base::testing::StatusIs(absl::StatusCode::kFailedPrecondition, ::testing::_));
  EXPECT_EQ(Run(), AgentState::Run::kStopped);
}

TEST_P(ServicesConformanceTest, ActivateReplacesTheProcessAndStartLeavesItAlone) {
  Agent(AgentScript::Healthy());
  ASSERT_THAT(services().Start(spec_), base::testing::IsOk());
  const int64_t first = Pid();
  ASSERT_THAT(services().Start(spec_), base::testing::IsOk());
  EXPECT_EQ(Pid(), first);
  ASSERT_THAT(services().Activate(spec_), base::testing::IsOk());
  EXPECT_NE(Pid(), first);
}

TEST_P(ServicesConformanceTest, StopEndsAnAgentThatIgnoresSigtermInBoundedTime) {
  AgentScript script;
  script.ignores_sigterm = true;
  Agent(script).stop_timeout = absl::Milliseconds(200);
  ASSERT_THAT(services().Start(spec_), base::testing::IsOk());
  ASSERT_TRUE(services().Watch(spec_, kShortProbation).ok());

  const base::MonotonicTime before = world_->clock().MonotonicNow();
  EXPECT_THAT(services().Stop(spec_), base::testing::IsOk());
  EXPECT_GE(world_->clock().MonotonicNow() - before, spec_.stop_timeout);
  EXPECT_EQ(Run(), AgentState::Run::kStopped);
}

TEST_P(ServicesConformanceTest, WhatDoesNotRunIsStoppedAndNotHealthy) {
  Agent(AgentScript::Healthy());
  EXPECT_THAT(services().Stop(spec_), base::testing::IsOk());
  EXPECT_EQ(Run(), AgentState::Run::kStopped);
  EXPECT_EQ(services().Watch(spec_, absl::ZeroDuration()).code, v1::Refusal::EXIT);
}

}  // namespace mig::loader::testing

#endif  // MIG_LOADER_SERVICES_TESTING_SERVICES_CONFORMANCE_H_
