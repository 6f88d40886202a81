// What a damaged host may fetch: what it is given, and what it was given, and nothing that it only
// says it has.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/sha256.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "coordinator/handlers/testing/test_host.h"
#include "trust/refusal.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

class RepairTest : public ::testing::Test {
 protected:
  RepairTest() { clock_.Advance(absl::Hours(4)); }  // after what the authority signs was issued

  trust::Verified<trust::Manifest> Release(uint64_t sequence) {
    return coordinator_.Publish("agent", sequence, {{"agent", absl::StrCat("program ", sequence)}});
  }
  void Start(uint64_t sequence, const trust::Verified<trust::Manifest>& release) {
    coordinator_.StartPlan(coordinator_.authority().Plan(sequence, "agent", release.digest()));
  }
  // Offered to the host, which installed it.
  trust::Verified<trust::Manifest> GivenTo(TestHost& host, uint64_t sequence) {
    const auto release = Release(sequence);
    Start(sequence, release);
    host.Assigned();
    host.Has(release);
    return release;
  }
  absl::Status Fetch(TestHost& host, const std::string& ticket, uint64_t sequence) {
    return host.Fetch(ticket, base::Sha256Of(absl::StrCat("program ", sequence))).status();
  }
  std::optional<v1::Refusal::Code> RefusalToFetch(TestHost& host, const std::string& ticket,
                                                  uint64_t sequence) {
    return trust::RefusalOf(Fetch(host, ticket, sequence));
  }

  base::testing::ManualClock clock_{trust::testing::TestEpoch()};
  InProcessCoordinator coordinator_{clock_};
};

// What the host says that it has installed is its own word.
TEST_F(RepairTest, WhatAHostWasNeverGivenItCannotFetchAsARepair) {
  TestHost host(coordinator_, 1);
  const auto others = Release(1);
  host.Has(others);
  host.HasFile("agent", "damaged");

  const absl::StatusOr<v1::CheckInAnswer> answer = host.CheckInWholly();
  ASSERT_THAT(answer, IsOk());
  EXPECT_THAT(answer->assignment(), IsEmpty());

  // Nor beside what it is given.
  Start(2, Release(2));
  const std::string ticket = host.Assigned().ticket();
  EXPECT_THAT(Fetch(host, ticket, 2), IsOk());
  EXPECT_THAT(RefusalToFetch(host, ticket, 1), Optional(Eq(v1::Refusal::TICKET)));
}

// Promise 3.
TEST_F(RepairTest, ADamagedHostThatGetsTheNextReleaseMayFetchWhatItHasToo) {
  TestHost host(coordinator_, 1);
  GivenTo(host, 1);
  host.HasFile("agent", "a mix");
  Start(2, Release(2));

  const trust::Assignment assigned = host.Assigned();

  EXPECT_THAT(assigned.items(), SizeIs(1));
  EXPECT_THAT(Fetch(host, assigned.ticket(), 1), IsOk());
  EXPECT_THAT(Fetch(host, assigned.ticket(), 2), IsOk());
}

TEST_F(RepairTest, AHostThatIsWholeMayFetchItsNextReleaseOnly) {
  TestHost host(coordinator_, 1);
  GivenTo(host, 1);
  Start(2, Release(2));

  const std::string ticket = host.Assigned().ticket();

  EXPECT_THAT(RefusalToFetch(host, ticket, 1), Optional(Eq(v1::Refusal::TICKET)));
}

TEST_F(RepairTest, WhatTheRootWithdrewGoesWithNoTicket) {
  TestHost host(coordinator_, 1);
  const auto withdrawn = GivenTo(host, 1);
  host.HasFile("agent", "a mix");
  Start(2, Release(2));
  v1::Root next = coordinator_.root();
  next.set_version(2);
  for (v1::RootProduct& product : *next.mutable_products()) {
    if (product.product() == "agent") {
      product.add_withdrawn(std::string(withdrawn.digest().bytes()));
    }
  }
  ASSERT_THAT(coordinator_.PutDocument(
                  coordinator_.authority().SignSuccessor(next, coordinator_.authority())),
              IsOk());
  ASSERT_THAT(host.CheckIn(), IsOk());
  host.says().set_root_version(2);

  const std::string ticket = host.Assigned().ticket();

  EXPECT_THAT(RefusalToFetch(host, ticket, 1), Optional(Eq(v1::Refusal::TICKET)));
}

}  // namespace
}  // namespace mig::coordinator::testing
