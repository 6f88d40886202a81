// A host whose install was cut off and whose copies are lost, while its fleet went on without it:
// the whole loader and the whole coordinator, on fibers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/testing/status_matchers.h"
#include "loader/install/recover.h"
#include "loader/run/run.h"
#include "tests/fiber/virtual_fleet.h"

namespace mig::tests {
namespace {

using base::testing::IsOk;
using loader::ExitCode;
using loader::RunResult;
using Contents = std::map<std::string, std::string>;

class MixOnFiberTest : public ::testing::Test {
 protected:
  static Contents Release(const std::string& version) {
    return {{"agent", "program " + version}, {"configuration", "configuration " + version}};
  }
  static Contents FilesOf(const std::string& version) {
    return {{"/opt/a/agent", "program " + version},
            {"/opt/a/agent.cfg", "configuration " + version}};
  }

  VirtualHost& host() { return fleet_.host(0); }
  loader::testing::TestHost& machine() { return *host().host; }

  RunResult Run() {
    RunResult result;
    fleet_.OnFiber([&] { result = machine().Run(); });
    return result;
  }

  // The machine has 1.1, and the power is cut when it has just begun to replace it with 1.2.
  void GivenCutOff() {
    fleet_.OnFiber([&] {
      fleet_.Enroll(host());
      fleet_.Roll(1, Release("1.1"));
    });
    ASSERT_EQ(Run().exit_code, ExitCode::kOk);
    fleet_.OnFiber([&] { fleet_.Roll(2, Release("1.2")); });
    const base::DiskImage before = machine().disk().SeenImage();
    for (uint64_t n = 1; n < 3'000; ++n) {
      BootFrom(before);
      machine().disk().CutPowerAfter(machine().disk().operations() + n);
      Run();
      BootFrom(machine().disk().SeenImage());
      const auto phase = loader::PeekPhase(machine().host().place());
      if (phase.ok() && *phase == loader::Phase::kCommitted) return;
    }
    FAIL() << "no cut leaves COMMITTED";
  }

  // A mix of both, of which no copy is left: all that was staged or kept is lost.
  void LoseAllCopies() {
    RemoveIn("/opt/a", [](const std::string& name) { return name.starts_with(".mig-stage-"); });
    RemoveIn("/var/lib/mig-loader/kept/agent",
             [](const std::string& name) { return name.size() == 64; });
    machine().Put("/opt/a/agent", "a mix", 0755);
    machine().Put("/opt/a/agent.cfg", "configuration 1.2");
  }

  VirtualFleet fleet_{1};

 private:
  void BootFrom(const base::DiskImage& image) {
    const loader::testing::GivenHostFacts facts = machine().facts();
    host().host =
        std::make_unique<loader::testing::TestHost>(*host().clock, *host().connector, image);
    machine().facts() = facts;
  }

  void RemoveIn(const std::string& directory, bool (*matches)(const std::string& name)) {
    const auto opened = machine().disk().OpenRoot(directory);
    ASSERT_THAT(opened, IsOk());
    const auto entries = (*opened)->List(100);
    ASSERT_THAT(entries, IsOk());
    for (const base::DirectoryEntry& entry : *entries) {
      if (matches(entry.name)) machine().Remove(directory + "/" + entry.name);
    }
  }
};

// Promise 3.
TEST_F(MixOnFiberTest, AMixWhoseFleetHasMovedOnGoesBackAndThenFollows) {
  ASSERT_NO_FATAL_FAILURE(GivenCutOff());
  LoseAllCopies();
  fleet_.OnFiber([&] { fleet_.Roll(3, Release("1.3")); });

  const RunResult repaired = Run();
  EXPECT_EQ(repaired.exit_code, ExitCode::kWentBack) << repaired.refusal.DebugString();
  EXPECT_EQ(machine().Managed(), FilesOf("1.1"));
  EXPECT_NE(machine().AgentPid(), 0);

  EXPECT_EQ(Run().exit_code, ExitCode::kOk);
  EXPECT_EQ(machine().Managed(), FilesOf("1.3"));
}

// Promise 3.
TEST_F(MixOnFiberTest, AMixWhoseRolloutIsHaltedGoesBack) {
  ASSERT_NO_FATAL_FAILURE(GivenCutOff());
  LoseAllCopies();
  fleet_.OnFiber([&] {
    fleet_.coordinator().Halt(fleet_.coordinator().authority().Plan(2, "agent", {}).name());
  });

  const RunResult repaired = Run();

  EXPECT_EQ(repaired.exit_code, ExitCode::kWentBack) << repaired.refusal.DebugString();
  EXPECT_EQ(machine().Managed(), FilesOf("1.1"));
  EXPECT_NE(machine().AgentPid(), 0);
}

}  // namespace
}  // namespace mig::tests
