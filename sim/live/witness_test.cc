#include "sim/live/witness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "base/check.h"
#include "base/digest.h"
#include "base/path.h"
#include "base/testing/manual_clock.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"
#include "coordinator/store/sqlite_store.h"
#include "coordinator/store/testing/sample_records.h"
#include "loader/run/connector.h"
#include "loader/state/state_directory.h"
#include "sim/scenario/scenario.h"
#include "trust/trusted_state.h"

namespace mig::sim {
namespace {

using base::testing::IsOk;
using ::testing::HasSubstr;

Scenario TwoHosts() {
  Scenario scenario;
  scenario.file = "two.txtpb";
  scenario.name = "two";
  scenario.hosts = 2;
  scenario.certificates = 2;
  scenario.duration = absl::Seconds(10);
  scenario.check_in_every = absl::Seconds(10);
  scenario.releases = {{.version = "1.1", .components = {{"agent", 100, "1.1"}}}};
  scenario.rollouts = {
      {.release = 0, .waves = {{.upto_ppm = 1'000'000, .opens = absl::Seconds(5)}}}};
  scenario.probation = absl::Seconds(1);
  return scenario;
}

class Nowhere : public loader::Connector {
 public:
  absl::StatusOr<std::unique_ptr<loader::CoordinatorClient>> ToCoordinator(
      const loader::ServerAddress&, const loader::IdentityPem&) override {
    return absl::UnavailableError("nowhere");
  }
  absl::StatusOr<std::unique_ptr<loader::EnrollmentClient>> ToEnrollment(
      const loader::ServerAddress&) override {
    return absl::UnavailableError("nowhere");
  }
};

class WitnessTest : public ::testing::Test {
 protected:
  WitnessTest() {
    auto world = World::Make(TwoHosts(), {.seed = 3, .start = clock_.WallNow()});
    MIG_CHECK_OK(world);
    world_ = *std::move(world);
    machine_ = std::make_unique<Machine>(*world_, 1, clock_, nowhere_);
    witness_ = std::make_unique<Witness>(*world_, clock_);
  }

  void PutAgent(absl::string_view bytes) {
    const auto directory = base::MakeDirs(machine_->disk(), "/opt/a", 0755);
    ASSERT_THAT(directory, IsOk());
    ASSERT_THAT(base::WriteDurably(**directory, "agent", bytes, 0755), IsOk());
  }

  // As a loader does before it installs anything: it knows durably what it has seen.
  void RememberTheFirstRelease() {
    const base::Digest release = world_->documents().releases()[0].digest;
    trust::TrustedState state{.root_version = 1, .root_digest = release};
    state.products[std::string(kProduct)].seen =
        trust::Seen{.numbers = {.sequence = 1}, .digest = release};
    const auto bytes = trust::SerializeTrustedState(state);
    ASSERT_THAT(bytes, IsOk());
    const auto directory =
        loader::StateDirectory::Open(machine_->disk(), {.path = world_->config().state_directory});
    ASSERT_THAT(directory, IsOk());
    ASSERT_THAT((*directory)->trust().Write(*bytes), IsOk());
  }

  base::testing::ManualClock clock_;
  Nowhere nowhere_;
  std::unique_ptr<World> world_;
  std::unique_ptr<Machine> machine_;
  std::unique_ptr<Witness> witness_;
};

// Promise 3.
TEST_F(WitnessTest, AnAgentOfNoReleaseThatIsStartedIsSeen) {
  PutAgent("nobody signed this");

  witness_->AgentStarts(*machine_);

  ASSERT_TRUE(witness_->has_violation());
  EXPECT_EQ(witness_->violation()->promise, kPromiseWhole);
  EXPECT_EQ(witness_->violation()->host, "host-1");
}

// Promise 2.
TEST_F(WitnessTest, AReleaseThatIsStartedBeforeItsWaveOpensIsSeen) {
  RememberTheFirstRelease();
  PutAgent(world_->documents().releases()[0].components.at("agent")->bytes);

  witness_->AgentStarts(*machine_);

  ASSERT_TRUE(witness_->has_violation());
  EXPECT_EQ(witness_->violation()->promise, kPromiseTurn);
}

TEST_F(WitnessTest, TheSameInItsTurnIsRight) {
  RememberTheFirstRelease();
  PutAgent(world_->documents().releases()[0].components.at("agent")->bytes);
  clock_.Advance(absl::Seconds(5));

  witness_->AgentStarts(*machine_);

  EXPECT_FALSE(witness_->has_violation()) << witness_->violation()->what;
  EXPECT_EQ(witness_->checked(), 1u);
}

TEST_F(WitnessTest, NothingIsLookedAtOnceTheRunWasAbandoned) {
  PutAgent("nobody signed this");
  witness_->Close();

  witness_->AgentStarts(*machine_);

  EXPECT_FALSE(witness_->has_violation());
}

// Promise 5.
TEST_F(WitnessTest, AnOutcomeThatTheHostNeverSaidIsSeen) {
  base::testing::SeededRandom random(base::testing::Seed(1));
  const auto store = coordinator::SqliteStore::OpenInMemory(random);
  ASSERT_THAT(store, IsOk());
  coordinator::HostRecord host = coordinator::testing::SomeHost(1);
  host.id = machine_->id();
  coordinator::OutcomeRecord outcome = coordinator::testing::SomeOutcome(1, 1, 1);
  outcome.host = machine_->id();
  absl::Status written = absl::UnknownError("not yet");
  (*store)->Append({coordinator::InsertHost{host}, coordinator::InsertOutcome{outcome}},
                   [&written](const auto& result) { written = result.status(); });
  while ((*store)->CommitNow() > 0) {
  }
  ASSERT_THAT(written, IsOk());
  Summary summary;

  ASSERT_THAT(witness_->Compare(*machine_, **store, summary), IsOk());

  EXPECT_EQ(summary.reports, 1u);
  ASSERT_TRUE(witness_->has_violation());
  EXPECT_EQ(witness_->violation()->promise, kPromiseReports);
  EXPECT_THAT(witness_->violation()->what, HasSubstr("never reported"));
}

}  // namespace
}  // namespace mig::sim
