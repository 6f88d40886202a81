// Two machines, one identity (CONTRACT.md 3): flagged, and counted once.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/time/time.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "coordinator/handlers/testing/test_host.h"
#include "trust/refusal.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::testing::Eq;
using ::testing::Optional;

class CloneTest : public ::testing::Test {
 protected:
  CloneTest() { clock_.Advance(absl::Hours(4)); }

  bool IsFlagged(const TestHost& host) {
    return coordinator_.coordinator().fleet().hosts().Find(host.id())->cloned;
  }
  uint32_t CountedClones(const TestHost& host) {
    coordinator_.Commit();
    return coordinator_.store().GetHost(host.id())->clones_seen;
  }

  base::testing::ManualClock clock_{trust::testing::TestEpoch()};
  InProcessCoordinator coordinator_{clock_};
};

TEST_F(CloneTest, ReturningTheLastAnswerIsGood) {
  TestHost host(coordinator_, 1);
  for (int i = 0; i < 3; ++i) ASSERT_THAT(host.CheckIn(), IsOk());
  EXPECT_FALSE(IsFlagged(host));
}

TEST_F(CloneTest, AnAnswerMayBeLost) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(host.CheckIn(), IsOk());
  const std::string received = host.says().previous_answer();
  ASSERT_THAT(host.CheckIn(), IsOk());

  host.says().set_previous_answer(received);  // the second answer never arrived
  ASSERT_THAT(host.CheckIn(), IsOk());

  EXPECT_FALSE(IsFlagged(host));
}

TEST_F(CloneTest, AnAnswerThatAnotherOneGotIsAClone) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(host.CheckIn(), IsOk());
  const std::string copied = host.says().previous_answer();
  for (int i = 0; i < 2; ++i) ASSERT_THAT(host.CheckIn(), IsOk());

  host.says().set_previous_answer(copied);  // the copied disk checks in
  ASSERT_THAT(host.CheckIn(), IsOk());

  EXPECT_TRUE(IsFlagged(host));
}

TEST_F(CloneTest, ManyCheckInsOfACloneAreCountedOnce) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(host.CheckIn(), IsOk());
  const std::string copied = host.says().previous_answer();
  ASSERT_THAT(host.CheckIn(), IsOk());
  ASSERT_THAT(host.CheckIn(), IsOk());

  for (int i = 0; i < 3; ++i) {
    host.says().set_previous_answer(copied);
    ASSERT_THAT(host.CheckIn(), IsOk());
    ASSERT_THAT(host.CheckIn(), IsOk());
    ASSERT_THAT(host.CheckIn(), IsOk());
  }

  EXPECT_EQ(CountedClones(host), 1);
}

TEST_F(CloneTest, AfterARestartOfTheCoordinatorAnyAnswerIsGoodOnce) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(host.CheckIn(), IsOk());
  const std::string old = host.says().previous_answer();
  for (int i = 0; i < 2; ++i) ASSERT_THAT(host.CheckIn(), IsOk());

  coordinator_.Restart();
  host.says().set_previous_answer(old);
  ASSERT_THAT(host.CheckIn(), IsOk());

  EXPECT_FALSE(IsFlagged(host));
}

TEST_F(CloneTest, AnotherMachineIsRefusedAndFlagged) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(host.CheckIn(), IsOk());
  host.says().set_machine(std::string(InProcessCoordinator::MachineOf(2).bytes()));

  EXPECT_THAT(trust::RefusalOf(host.CheckIn().status()), Optional(Eq(v1::Refusal::CLONE)));

  EXPECT_TRUE(IsFlagged(host));
  EXPECT_EQ(CountedClones(host), 1);
}

TEST_F(CloneTest, TheFlagIsKeptOverARestart) {
  TestHost host(coordinator_, 1);
  host.says().set_machine(std::string(InProcessCoordinator::MachineOf(2).bytes()));
  EXPECT_FALSE(host.CheckIn().ok());

  coordinator_.Restart();

  EXPECT_TRUE(IsFlagged(host));
}

}  // namespace
}  // namespace mig::coordinator::testing
