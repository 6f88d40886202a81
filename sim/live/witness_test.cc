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

// A store with the machine, and what it has of it.
class WitnessOfReportsTest : public WitnessTest {
 protected:
  WitnessOfReportsTest() {
    auto store = coordinator::SqliteStore::OpenInMemory(random_);
    MIG_CHECK_OK(store);
    store_ = *std::move(store);
    coordinator::HostRecord host = coordinator::testing::SomeHost(1);
    host.id = machine_->id();
    Write(coordinator::InsertHost{host});
  }

  static v1::Outcome Installed(uint64_t attempt) {
    v1::Outcome outcome;
    outcome.set_attempt(std::string(coordinator::testing::SomeAttemptId(attempt).bytes()));
    outcome.set_kind(v1::Outcome::INSTALL);
    outcome.set_result(v1::Outcome::HEALTHY);
    return outcome;
  }

  void Says(const v1::Outcome& outcome) {
    v1::ReportRequest request;
    *request.add_outcomes() = outcome;
    witness_->Reports(machine_->index(), request);
  }
  void IsDurable(uint64_t attempt, const std::string& outcome) {
    coordinator::OutcomeRecord record = coordinator::testing::SomeOutcome(1, attempt, 1);
    record.host = machine_->id();
    record.outcome = outcome;
    Write(coordinator::InsertOutcome{record});
  }
  Summary Compared() {
    Summary summary;
    EXPECT_THAT(witness_->Compare(*machine_, *store_, summary), IsOk());
    return summary;
  }

 private:
  void Write(coordinator::Row row) {
    absl::Status written = absl::UnknownError("not yet");
    store_->Append({std::move(row)}, [&written](const auto& result) { written = result.status(); });
    while (store_->CommitNow() > 0) {
    }
    MIG_CHECK_OK(written);
  }

  base::testing::SeededRandom random_{base::testing::Seed(1)};
  std::unique_ptr<coordinator::SqliteStore> store_;
};

TEST_F(WitnessOfReportsTest, WhatWasSaidAndIsDurableIsCountedByItsKind) {
  v1::Outcome broke_off = Installed(2);
  broke_off.set_result(v1::Outcome::UNCHANGED);
  for (const auto& [attempt, outcome] : {std::pair(1, Installed(1)), std::pair(2, broke_off)}) {
    Says(outcome);
    IsDurable(attempt, outcome.SerializeAsString());
  }

  const Summary summary = Compared();

  EXPECT_FALSE(witness_->has_violation()) << witness_->violation()->what;
  EXPECT_EQ(summary.reports, 2u);
  EXPECT_EQ(summary.installs_reported, 1u);
  EXPECT_EQ(summary.others_reported, 1u);
}

// Promise 5.
TEST_F(WitnessOfReportsTest, AnOutcomeThatTheHostNeverSaidIsSeen) {
  IsDurable(1, Installed(1).SerializeAsString());

  EXPECT_EQ(Compared().reports, 1u);

  ASSERT_TRUE(witness_->has_violation());
  EXPECT_EQ(witness_->violation()->promise, kPromiseReports);
  EXPECT_THAT(witness_->violation()->what, HasSubstr("never reported"));
}

// Promise 5.
TEST_F(WitnessOfReportsTest, AnOutcomeThatCannotBeReadIsSeen) {
  Says(Installed(1));
  IsDurable(1, "no outcome");

  EXPECT_EQ(Compared().others_reported, 1u);

  EXPECT_TRUE(witness_->has_violation());
}

// Promise 5.
TEST_F(WitnessOfReportsTest, AnOutcomeThatIsDurableOtherwiseThanItWasSaidIsSeen) {
  Says(Installed(1));
  v1::Outcome otherwise = Installed(1);
  otherwise.set_result(v1::Outcome::WENT_BACK);
  IsDurable(1, otherwise.SerializeAsString());

  Compared();

  EXPECT_TRUE(witness_->has_violation());
}

// Promise 5.
TEST_F(WitnessOfReportsTest, AnOutcomeThatIsNowhereAnyMoreIsSeen) {
  Says(Installed(1));
  Says(Installed(2));
  IsDurable(2, Installed(2).SerializeAsString());

  Compared();

  ASSERT_TRUE(witness_->has_violation());
  EXPECT_THAT(witness_->violation()->what, HasSubstr("reported 2 outcomes; 1 are durable"));
}

TEST_F(WitnessOfReportsTest, OfARunThatWasAbandonedNothingIsMissed) {
  Says(Installed(1));
  IsDurable(2, Installed(2).SerializeAsString());
  witness_->Close();

  EXPECT_EQ(Compared().reports, 1u);

  EXPECT_FALSE(witness_->has_violation());
}

}  // namespace
}  // namespace mig::sim
