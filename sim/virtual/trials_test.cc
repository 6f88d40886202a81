// Each trial holds of the loader that ships, on a machine that has something installed and on one
// that has not.

#include "sim/virtual/trials.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "base/check.h"
#include "base/sha256.h"
#include "base/testing/manual_clock.h"
#include "loader/enroll/enroll.h"
#include "loader/run/testing/fake_coordinator.h"
#include "sim/virtual/copy.h"
#include "sim/virtual/testing/scenarios.h"
#include "sim/world/world.h"

namespace mig::sim {
namespace {

class TrialsTest : public ::testing::Test {
 protected:
  TrialsTest() : coordinator_(clock_) {
    clock_.Advance(absl::Hours(100));
    const v1::Root root = coordinator_.root();
    const auto ca = base::Digest::FromBytes(root.loader_ca_spki_digests(0));
    MIG_CHECK_OK(ca);
    absl::StatusOr<std::unique_ptr<World>> world = World::Make(
        QuietDay(3),
        {.seed = 5,
         .start = clock_.WallNow() - absl::Hours(1),
         .domain = {
             .loaders_cas = {*ca}, .operators_cas = {}, .server_cas = {}, .online_keys = {}}});
    MIG_CHECK_OK(world);
    world_ = *std::move(world);
    machine_ = std::make_unique<Machine>(*world_, 1, clock_, coordinator_);
    trust::Token token = coordinator_.NewToken();
    token.root_digest = base::Sha256Of(world_->documents().root().SerializeAsString());
    const auto enrolled = loader::Enroll(machine_->host(), {.token = token});
    MIG_CHECK_OK(enrolled);
    MIG_CHECK(enrolled->host_id == world_->id(1));
  }

  base::testing::ManualClock clock_;
  loader::testing::FakeCoordinator coordinator_;
  std::unique_ptr<World> world_;
  std::unique_ptr<Machine> machine_;
};

TEST_F(TrialsTest, HoldOfTheLoaderThatShips) {
  Trials trials(*world_);
  for (size_t kind = 0; kind < Trials::kinds(); ++kind) {
    const std::optional<Finding> finding = trials.TryKind(kind, *machine_, clock_.WallNow());
    EXPECT_FALSE(finding.has_value()) << kind << ": " << finding->promise << ": " << finding->what;
  }
  EXPECT_EQ(trials.tried(), Trials::kinds());
  EXPECT_TRUE(machine_->Files().none) << "the machine itself notices nothing";
}

}  // namespace
}  // namespace mig::sim
