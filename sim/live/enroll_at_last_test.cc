#include "sim/live/enroll_at_last.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "base/check.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "loader/run/connector.h"
#include "sim/scenario/scenario.h"
#include "sim/world/machine.h"
#include "sim/world/world.h"

namespace mig::sim {
namespace {

using base::testing::StatusIs;

// So often Unavailable, then another error.
class BusyConnector : public loader::Connector {
 public:
  explicit BusyConnector(int busy) : busy_(busy) {}

  absl::StatusOr<std::unique_ptr<loader::CoordinatorClient>> ToCoordinator(
      const loader::ServerAddress&, const loader::IdentityPem&) override {
    return absl::UnimplementedError("nobody asks for it");
  }
  absl::StatusOr<std::unique_ptr<loader::EnrollmentClient>> ToEnrollment(
      const loader::ServerAddress&) override {
    if (++asked_ <= busy_) return absl::UnavailableError("16 reads are under way; try again");
    return absl::PermissionDeniedError("no");
  }

  int asked() const { return asked_; }

 private:
  const int busy_;
  int asked_ = 0;
};

class EnrollAtLastTest : public ::testing::Test {
 protected:
  EnrollAtLastTest() {
    const Scenario scenario = {
        .name = "one",
        .hosts = 1,
        .duration = absl::Seconds(10),
        .check_in_every = absl::Seconds(10),
        .releases = {{.version = "1.1", .components = {{"agent", 100, "1.1"}}}},
        .rollouts = {{.release = 0, .waves = {{.upto_ppm = 1'000'000}}}}};
    auto world = World::Make(scenario, {.seed = 3, .start = clock_.WallNow()});
    MIG_CHECK_OK(world);
    world_ = *std::move(world);
  }

  absl::Status EnrollBy(BusyConnector& connector) {
    const Machine machine(*world_, 0, clock_, connector);
    return EnrollAtLast(machine.host(), trust::Token());  // nobody gets to look at it
  }

  base::testing::ManualClock clock_;
  std::unique_ptr<World> world_;
};

TEST_F(EnrollAtLastTest, WhoeverIsToTryAgainDoesSoAfterLongerAndLongerPauses) {
  BusyConnector connector(3);
  const base::MonotonicTime began = clock_.MonotonicNow();

  EXPECT_THAT(EnrollBy(connector), StatusIs(absl::StatusCode::kPermissionDenied));

  EXPECT_EQ(connector.asked(), 4);
  EXPECT_GE(clock_.MonotonicNow() - began, absl::Milliseconds(50 + 100 + 200));
  EXPECT_LE(clock_.MonotonicNow() - began, 1.5 * absl::Milliseconds(50 + 100 + 200));
}

TEST_F(EnrollAtLastTest, ButNotForEver) {
  BusyConnector connector(1'000);
  const base::MonotonicTime began = clock_.MonotonicNow();

  EXPECT_THAT(EnrollBy(connector), StatusIs(absl::StatusCode::kUnavailable));

  EXPECT_EQ(connector.asked(), kEnrollTries);
  EXPECT_LE(clock_.MonotonicNow() - began, absl::Seconds(5));
}

TEST_F(EnrollAtLastTest, ARefusalIsTheEnd) {
  BusyConnector connector(0);

  EXPECT_THAT(EnrollBy(connector), StatusIs(absl::StatusCode::kPermissionDenied));

  EXPECT_EQ(connector.asked(), 1);
}

}  // namespace
}  // namespace mig::sim
