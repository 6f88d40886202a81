#include "loader/services/self_installing_services.h"

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "base/system_clock.h"
#include "base/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "loader/services/system_probe.h"
#include "loader/services/testing/real_agent.h"

namespace mig::loader {
namespace {

using base::testing::IsOk;
using base::testing::StatusIs;
using testing::AgentScript;
using ::testing::HasSubstr;
using testing::RealAgent;

class SelfInstallingServicesTest : public ::testing::Test {
 protected:
  SelfInstallingServicesTest() {
    spec_ = agent_.Spec(AgentScript::Healthy());
    spec_.activation = Activation::kSelfInstalling;
    spec_.install = spec_.command;
    spec_.install.insert(spec_.install.end(), {"--pid-file", agent_.Path("pid"), "--install"});
    spec_.command.resize(1);
    spec_.install_timeout = absl::Seconds(30);
  }
  ~SelfInstallingServicesTest() override {
    for (int i = 0; i < 4; ++i) EXPECT_THAT(services_.Stop(spec_), IsOk());
  }

  int64_t Pid() { return services_.State(spec_).value().pid; }

  std::unique_ptr<base::SystemClock> clock_ = base::SystemClock::Open().value();
  SystemProbe probe_{*clock_};
  SelfInstallingServices services_{*clock_, probe_};
  RealAgent agent_;
  AgentSpec spec_;
};

TEST_F(SelfInstallingServicesTest, TheCommandBringsUpTheAgentAndThenReplacesIt) {
  ASSERT_THAT(services_.Activate(spec_), IsOk());
  const int64_t first = Pid();
  ASSERT_NE(first, 0);
  EXPECT_TRUE(services_.Watch(spec_, absl::Milliseconds(300)).ok());

  ASSERT_THAT(services_.Start(spec_), IsOk());
  EXPECT_EQ(Pid(), first);
  ASSERT_THAT(services_.Activate(spec_), IsOk());
  EXPECT_NE(Pid(), first);
  EXPECT_TRUE(services_.Watch(spec_, absl::Milliseconds(300)).ok());
}

TEST_F(SelfInstallingServicesTest, WhenAnotherProcessTakesItsPlaceDuringTheProbationThatIsSeen) {
  ASSERT_THAT(services_.Activate(spec_), IsOk());
  spec_.probe = CommandProbe{{"/bin/sh", "-c", "kill $(cat " + agent_.Path("pid") + ")"}};
  const Health health = services_.Watch(spec_, absl::Seconds(5));
  EXPECT_EQ(health.code, v1::Refusal::EXIT);
  EXPECT_THAT(health.text, HasSubstr("known to its parent only"));
}

TEST_F(SelfInstallingServicesTest, AnInstallThatLeavesTheOldProcessIsAnError) {
  ASSERT_THAT(services_.Activate(spec_), IsOk());
  spec_.install.back() = "--install-leaves-old";
  spec_.install_timeout = absl::Milliseconds(500);
  EXPECT_THAT(services_.Activate(spec_),
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("still runs")));
}

TEST_F(SelfInstallingServicesTest, AnInstallThatFailsIsNamedWithTheEndOfItsOutput) {
  spec_.install = {"/bin/sh", "-c", "echo no space; exit 9"};
  EXPECT_THAT(services_.Activate(spec_),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("status 9"), HasSubstr("no space"))));
  spec_.install = {"/bin/true"};
  spec_.install_timeout = absl::Milliseconds(200);
  EXPECT_THAT(services_.Activate(spec_),
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("came up")));
  spec_.install = {"/bin/sleep", "60"};
  EXPECT_THAT(services_.Activate(spec_),
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("did not end")));
}

}  // namespace
}  // namespace mig::loader
