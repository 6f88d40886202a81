// What strikes a host: as often as the scenario says, at one place, and with no trace afterwards.

#include "sim/virtual/host_faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/check.h"
#include "base/path.h"
#include "base/testing/manual_clock.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"
#include "loader/run/testing/fake_coordinator.h"
#include "sim/virtual/testing/scenarios.h"
#include "sim/world/world.h"

namespace mig::sim {
namespace {

using base::testing::IsOk;

class HostFaultsTest : public ::testing::Test {
 protected:
  // With no other faults than `set` makes.
  HostFaults& Make(const std::function<void(Scenario&)>& set) {
    Scenario scenario = QuietDay(1);
    set(scenario);
    const auto ca = base::Digest::FromBytes(coordinator_.root().loader_ca_spki_digests(0));
    MIG_CHECK_OK(ca);
    absl::StatusOr<std::unique_ptr<World>> world = World::Make(
        scenario,
        {.seed = 7,
         .start = clock_.WallNow(),
         .domain = {
             .loaders_cas = {*ca}, .operators_cas = {}, .server_cas = {}, .online_keys = {}}});
    MIG_CHECK_OK(world);
    world_ = *std::move(world);
    machine_.emplace(*world_, 0, clock_, coordinator_);
    return faults_.emplace(*machine_, random_);
  }

  bool Works() {
    const auto directory = machine_->disk().OpenRoot("/opt/a");
    return directory.ok() &&
           base::WriteDurably(**directory, "file", std::string(4'000'000, 'x'), 0644).ok();
  }

  base::testing::ManualClock clock_;
  loader::testing::FakeCoordinator coordinator_{clock_};
  base::testing::SeededRandom random_{base::testing::Seed(1)};
  std::unique_ptr<World> world_;
  std::optional<Machine> machine_;
  std::optional<HostFaults> faults_;
};

TEST_F(HostFaultsTest, NothingIsWrongWhereTheScenarioSaysNothing) {
  HostFaults& faults = Make([](Scenario&) {});
  for (int i = 0; i < 50; ++i) {
    faults.ProcessBegins();
    faults.MayStrikeInstall(absl::Hours(1), 5);
    faults.MayStrikeRecovery(absl::Hours(1));
    EXPECT_TRUE(Works());
    faults.EndedByItself();
    EXPECT_EQ(faults.stop(), HostFaults::Stop::kNone);
    EXPECT_FALSE(faults.WasDisturbed());
  }
  EXPECT_EQ(faults.MayDamageFile(absl::Hours(1), 0), std::nullopt);
  EXPECT_EQ(faults.MayDamageTrust(absl::Hours(1)), std::nullopt);
}

TEST_F(HostFaultsTest, AKillStopsTheDiskForThisProcess) {
  HostFaults& faults = Make([](Scenario& s) { s.loader_kills.installs_ppm = 1'000'000; });
  faults.ProcessBegins();
  faults.MayStrikeInstall(absl::Hours(1), 1);
  EXPECT_FALSE(faults.HasStopped());
  EXPECT_FALSE(Works());
  EXPECT_TRUE(faults.HasStopped());
  EXPECT_EQ(faults.stop(), HostFaults::Stop::kKill);
  machine_->LoaderDies();
  faults.ProcessIsGone();
  faults.ProcessBegins();
  EXPECT_TRUE(Works());
}

TEST_F(HostFaultsTest, AKillThatWouldComeAfterTheEndComesNot) {
  HostFaults& faults = Make([](Scenario& s) { s.loader_kills.installs_ppm = 1'000'000; });
  faults.ProcessBegins();
  faults.MayStrikeInstall(absl::Hours(1), 1'000);
  faults.EndedByItself();
  EXPECT_EQ(faults.stop(), HostFaults::Stop::kNone);
  for (int i = 0; i < 1'000; ++i) ASSERT_THAT(machine_->disk().OpenRoot("/"), IsOk());
}

TEST_F(HostFaultsTest, AFullDiskHasRoomAgainWhenTheProcessIsGone) {
  HostFaults& faults = Make([](Scenario& s) { s.disk_faults.full_ppm = 1'000'000; });
  faults.ProcessBegins();
  faults.MayStrikeInstall(absl::Hours(1), 5);
  EXPECT_FALSE(Works()) << "4 MB are more than three times a release";
  EXPECT_TRUE(faults.WasDisturbed());
  faults.ProcessIsGone();
  EXPECT_TRUE(Works());
  EXPECT_FALSE(faults.WasDisturbed());
}

TEST_F(HostFaultsTest, OneCallFailsAndOnlyOne) {
  HostFaults& faults = Make([](Scenario& s) { s.disk_faults.failing_ppm = 1'000'000; });
  faults.ProcessBegins();
  faults.MayStrikeInstall(absl::Hours(1), 20);
  EXPECT_FALSE(faults.WasDisturbed()) << "not yet";
  int failed = 0;
  for (int i = 0; i < 40; ++i) failed += machine_->disk().OpenRoot("/").ok() ? 0 : 1;
  EXPECT_EQ(failed, 1);
  EXPECT_TRUE(faults.WasDisturbed());
  EXPECT_FALSE(faults.WasDisturbed()) << "told once";
}

TEST_F(HostFaultsTest, OutsideOfItsSpanNothingStrikes) {
  HostFaults& faults = Make([](Scenario& s) {
    const Span span = {.from = absl::Hours(2), .until = absl::Hours(3)};
    s.power_cuts = {.installs_ppm = 1'000'000, .again_ppm = 900'000, .span = span};
    s.loader_kills = {.installs_ppm = 1'000'000, .span = span};
    s.disk_faults = {.full_ppm = 1'000'000, .failing_ppm = 1'000'000, .span = span};
    s.damage = {.files_ppm = 1'000'000, .trust_ppm = 1'000'000, .span = span};
  });
  for (const absl::Duration now : {absl::Hours(1), absl::Hours(3)}) {
    faults.ProcessBegins();
    faults.MayStrikeInstall(now, 5);
    faults.MayStrikeRecovery(now);
    EXPECT_EQ(faults.stop(), HostFaults::Stop::kNone);
    EXPECT_TRUE(Works());
    EXPECT_EQ(faults.MayDamageFile(now, 0), std::nullopt);
    EXPECT_EQ(faults.MayDamageTrust(now), std::nullopt);
  }
  faults.MayStrikeInstall(absl::Hours(2), 5);
  EXPECT_EQ(faults.stop(), HostFaults::Stop::kNone) << "one is drawn for each process";
  faults.ProcessBegins();
  faults.MayStrikeInstall(absl::Hours(2), 5);
  EXPECT_EQ(faults.stop(), HostFaults::Stop::kPowerCut) << "power comes before all else";
}

TEST_F(HostFaultsTest, FilesAreDamagedInFourWays) {
  HostFaults& faults = Make([](Scenario& s) { s.damage.files_ppm = 1'000'000; });
  std::set<std::string> ways;
  for (int i = 0; i < 100; ++i) {
    for (const auto& [path, content] : world_->documents().releases()[0].files) {
      const absl::StatusOr<base::OpenedParent> parent = base::OpenParent(machine_->disk(), path);
      ASSERT_THAT(parent, IsOk());
      ASSERT_THAT(base::WriteDurably(*parent->directory, parent->name, content->bytes, 0644),
                  IsOk());
    }
    ASSERT_EQ(machine_->Files().release, 0u);
    const std::optional<std::string> what = faults.MayDamageFile(absl::Hours(1), 0);
    ASSERT_TRUE(what.has_value());
    const bool is_mode = what->find("written by all") != std::string::npos;
    EXPECT_EQ(machine_->Files().release == 0u, is_mode) << *what;
    ways.insert(what->substr(what->find(' ')));
  }
  EXPECT_EQ(ways.size(), 4u);
}

}  // namespace
}  // namespace mig::sim
