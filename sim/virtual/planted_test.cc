// Bugs that a test plants through the seams, in the middle of a whole fleet: each is found, and
// what is said of it has the host, the time and what happened before.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/check.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"
#include "loader/services/testing/scripted_services.h"
#include "loader/state/state_directory.h"
#include "sim/virtual/simulation.h"
#include "sim/virtual/testing/forgetful_disk.h"
#include "sim/virtual/testing/scenarios.h"

namespace mig::sim {
namespace {

using base::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

std::unique_ptr<Simulation> Prepared(const Scenario& scenario) {
  absl::StatusOr<std::unique_ptr<Simulation>> simulation = Simulation::Make(scenario, {.seed = 11});
  MIG_CHECK_OK(simulation);
  return *std::move(simulation);
}

// Calls `tamper` with that machine at a time of the run, between its loader's runs.
void At(Simulation& simulation, absl::Duration at, size_t host,
        std::function<void(Machine&)> tamper) {
  simulation.time().CallAt(simulation.time().Now() + at,
                           [machine = &simulation.host(host).machine(),
                            tamper = std::move(tamper)] { tamper(*machine); });
}

void Put(Machine& machine, absl::string_view path, absl::string_view bytes) {
  const auto parent = base::OpenParent(machine.disk(), path);
  MIG_CHECK_OK(parent);
  MIG_CHECK_OK(base::WriteDurably(*parent->directory, parent->name, bytes, 0644));
}

Violation ViolationOf(Simulation& simulation) {
  const absl::StatusOr<Summary> summary = simulation.Run();
  MIG_CHECK_OK(summary);
  return summary->violation.value_or(Violation{});
}

// Promise 3.
TEST(PlantedTest, ADiskThatForgetsIsFoundByPowerCuts) {
  Scenario scenario = StormyDays(12);
  scenario.certificates = scenario.hosts;
  scenario.power_cuts.installs_ppm = 1'000'000;
  const std::unique_ptr<Simulation> simulation = Prepared(scenario);
  for (size_t i = 0; i < scenario.hosts; ++i) {
    Machine& machine = simulation->host(i).machine();
    machine.disk_in_between = [](base::MemoryFileSystem& disk) {
      return std::make_unique<ForgetfulDisk>(disk);
    };
    machine.Boot(machine.disk().SeenImage());
  }

  const Violation violation = ViolationOf(*simulation);

  EXPECT_NE(violation.promise, "");
  EXPECT_THAT(violation.host, HasSubstr("host-"));
  EXPECT_THAT(violation.trace, Not(SizeIs(0)));
  EXPECT_GT(violation.at, absl::ZeroDuration());
}

// Promise 3. What an agent does to its files is put right by the next run; so is nothing left that
// a checker could see, unless the run is over.
TEST(PlantedTest, AMixIsSeenWhenTheAgentIsStartedWithIt) {
  const std::unique_ptr<Simulation> simulation = Prepared(QuietDay(3));
  Machine& machine = simulation->host(1).machine();
  At(*simulation, absl::Hours(12), 1, [&machine](Machine&) {
    machine.disk_in_between = nullptr;
    // From now on somebody puts another file in its place before each start.
    machine.on_agent_start = [&machine, told = machine.on_agent_start] {
      Put(machine, "/opt/a/agent.cfg", "of nobody");
      told();
    };
  });

  const Violation violation = ViolationOf(*simulation);

  EXPECT_EQ(violation.promise, kPromiseWhole);
  EXPECT_EQ(violation.host, "host-1");
  EXPECT_THAT(violation.what, HasSubstr("/opt/a/agent.cfg is of no release"));
}

// Promise 3. A run sweeps up what an install left; what is left after the last one is seen.
TEST(PlantedTest, WhatAnInstallLeavesBehindIsSeen) {
  const std::unique_ptr<Simulation> simulation = Prepared(QuietDay(3));
  At(*simulation, absl::Hours(24) - absl::Milliseconds(1), 1,
     [](Machine& machine) { Put(machine, "/opt/a/.mig-stage-1", "half of an agent"); });

  const Violation violation = ViolationOf(*simulation);

  EXPECT_EQ(violation.promise, kPromiseWhole);
  EXPECT_EQ(violation.host, "host-1");
  EXPECT_THAT(violation.what, HasSubstr("I8: left behind: /opt/a/.mig-stage-1"));
}

// Promise 3.
TEST(PlantedTest, AFileThatAllMayWriteIsSeen) {
  const std::unique_ptr<Simulation> simulation = Prepared(QuietDay(3));
  Machine& machine = simulation->host(1).machine();
  // Its files are given away at each start of the agent.
  machine.on_agent_start = [&machine, told = machine.on_agent_start] {
    told();
    const auto parent = base::OpenParent(machine.disk(), "/opt/a/agent");
    MIG_CHECK_OK(parent);
    MIG_CHECK_OK(parent->directory->OpenReadWrite(parent->name).value()->SetMode(0777));
  };

  const Violation violation = ViolationOf(*simulation);

  EXPECT_EQ(violation.promise, kPromiseWhole);
  EXPECT_EQ(violation.host, "host-1");
  EXPECT_THAT(violation.what, HasSubstr("I1: neither the old nor the new set"));
}

// Promise 5.
TEST(PlantedTest, AnOutcomeThatIsGoneIsMissed) {
  Scenario scenario = QuietDay(3);
  scenario.link.lost_ppm = 1'000'000;  // from the first install on, so that it waits in the spool
  scenario.link.span = {.from = absl::Hours(1), .until = absl::Hours(20)};
  scenario.rollouts[0].waves[0].opens = absl::ZeroDuration();
  const std::unique_ptr<Simulation> simulation = Prepared(scenario);
  Machine& machine = simulation->host(2).machine();
  // A notice of its own, that the loader spooled and somebody removed.
  At(*simulation, absl::Hours(3), 2, [&machine](Machine&) {
    const auto state = loader::StateDirectory::Open(
        machine.disk(), {.path = machine.world().config().state_directory});
    MIG_CHECK_OK(state);
    absl::StatusOr<loader::ReportSpool> spool = (*state)->OpenSpool();
    MIG_CHECK_OK(spool);
    v1::Outcome notice;
    notice.set_attempt(std::string(16, 'n'));
    notice.set_kind(v1::Outcome::NOTICE);
    notice.set_result(v1::Outcome::UNCHANGED);
    notice.set_stage(v1::Outcome::COMPLETE);
    notice.set_count(1);
    MIG_CHECK_OK(spool->Add(notice));
  });
  At(*simulation, absl::Hours(6), 2, [&machine](Machine&) {
    const auto spool = machine.disk().OpenRoot("/var/lib/mig-loader/spool");
    MIG_CHECK_OK(spool);
    const auto files = (*spool)->List(10);
    MIG_CHECK_OK(files);
    for (const base::DirectoryEntry& file : *files) MIG_CHECK_OK((*spool)->Unlink(file.name));
  });

  const Violation violation = ViolationOf(*simulation);

  EXPECT_EQ(violation.promise, kPromiseReports);
  EXPECT_EQ(violation.host, "host-2");
}

// Promise 4.
TEST(PlantedTest, AnAgentThatIsBadAndCountsAsGoodIsSeen) {
  Scenario scenario = QuietDay(6);
  scenario.releases[1].bad_ppm = 500'000;
  const std::unique_ptr<Simulation> simulation = Prepared(scenario);
  for (size_t i = 0; i < scenario.hosts; ++i) {
    // Its services lie: all is well.
    simulation->host(i).machine().behaves = [] { return loader::testing::AgentScript::Healthy(); };
  }

  const Violation violation = ViolationOf(*simulation);

  EXPECT_EQ(violation.promise, kPromiseStops);
  EXPECT_THAT(violation.what, HasSubstr("its agent is bad here"));
}

// Promise 2.
TEST(PlantedTest, AReleaseThatSomebodyPutThereIsAheadOfItsTurn) {
  const std::unique_ptr<Simulation> simulation = Prepared(QuietDay(3));
  Machine& machine = simulation->host(0).machine();
  // At the first start all files are the second release's, hours before it is rolled out.
  machine.on_agent_start = [&machine, told = machine.on_agent_start] {
    for (const auto& [path, content] : machine.world().documents().releases()[1].files) {
      Put(machine, path, content->bytes);
    }
    told();
  };

  const Violation violation = ViolationOf(*simulation);

  EXPECT_EQ(violation.promise, kPromiseTurn);
  EXPECT_EQ(violation.host, "host-0");
}

// Promise 6.
TEST(PlantedTest, AHostThatNeverGetsThereIsNamed) {
  Scenario scenario = QuietDay(3);
  const std::unique_ptr<Simulation> simulation = Prepared(scenario);
  // Its disk is full, for ever: what it says is a reason, and not one that a plan has.
  At(*simulation, absl::Hours(10), 1, [](Machine& machine) { machine.disk().SetCapacity(0); });

  const Violation violation = ViolationOf(*simulation);

  EXPECT_EQ(violation.promise, kPromiseExplains);
  EXPECT_EQ(violation.host, "host-1");
  EXPECT_THAT(violation.what, HasSubstr("by its plans the host has 1.2, and it has 1.1"));
}

}  // namespace
}  // namespace mig::sim
