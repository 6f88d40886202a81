#include "loader/services/testing/scripted_services.h"

#include <memory>

#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "gtest/gtest.h"
#include "loader/services/testing/services_conformance.h"

namespace mig::loader::testing {
namespace {

class ScriptedWorld : public ServicesWorld {
 public:
  base::Clock& clock() override { return clock_; }
  Services& services() override { return services_; }
  AgentSpec Agent(const AgentScript& script) override {
    script_ = script;
    return {.product = "agent",
            .activation = Activation::kProcess,
            .command = {"/opt/a/agent"},
            .probe = FileProbe{"/run/agent"},
            .ready_timeout = absl::Milliseconds(200)};
  }

 private:
  base::testing::ManualClock clock_;
  AgentScript script_;
  ScriptedServices services_{clock_, [this](const AgentSpec&) { return script_; }};
};

INSTANTIATE_TEST_SUITE_P(Scripted, ServicesConformanceTest,
                         ::testing::Values([] { return std::make_unique<ScriptedWorld>(); }));

TEST(ScriptedServicesTest, AForeignAgentRunsUntilTheMachineRestarts) {
  base::testing::ManualClock clock;
  ScriptedServices services(clock, [](const AgentSpec&) { return AgentScript::Healthy(); });
  const AgentSpec spec = {.product = "agent", .activation = Activation::kProcess};
  services.RunForeign(spec, AgentScript::Healthy());
  EXPECT_NE(services.Pid("agent"), 0);
  EXPECT_EQ(services.Starts("agent"), 0);

  services.Reboot();
  EXPECT_EQ(services.Pid("agent"), 0);
}

TEST(ScriptedServicesTest, OfTheOutputOnlyTheConfiguredEndIsReported) {
  base::testing::ManualClock clock;
  ScriptedServices services(clock, [](const AgentSpec&) {
    AgentScript script = AgentScript::CrashesAfter(absl::Seconds(1), 1);
    script.output = "0123456789";
    return script;
  });
  AgentSpec spec = {.product = "agent", .activation = Activation::kProcess};
  ASSERT_THAT(services.Activate(spec), base::testing::IsOk());
  EXPECT_EQ(services.Watch(spec, absl::Seconds(5)).output, "");
  spec.max_output_bytes = 4;
  ASSERT_THAT(services.Activate(spec), base::testing::IsOk());
  EXPECT_EQ(services.Watch(spec, absl::Seconds(5)).output, "6789");
}

}  // namespace
}  // namespace mig::loader::testing
