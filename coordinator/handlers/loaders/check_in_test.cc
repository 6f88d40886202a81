// What a check-in gets, and what it never gets.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "coordinator/handlers/testing/test_host.h"
#include "trust/envelope.h"
#include "trust/refusal.h"
#include "trust/ticket.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CheckInTest : public ::testing::Test {
 protected:
  CheckInTest() { clock_.Advance(absl::Hours(4)); }  // after what the authority signs was issued

  trust::Verified<trust::Manifest> Release(uint64_t sequence) {
    return coordinator_.Publish("agent", sequence, {{"agent", absl::StrCat("program ", sequence)}});
  }
  v1::Plan PlanOf(uint64_t sequence, const trust::Verified<trust::Manifest>& release) {
    return coordinator_.authority().Plan(sequence, "agent", release.digest());
  }
  // Offered to the host, which installed it.
  trust::Verified<trust::Manifest> GivenTo(TestHost& host, uint64_t sequence) {
    const auto release = Release(sequence);
    coordinator_.StartPlan(PlanOf(sequence, release));
    host.Assigned();
    host.Has(release);
    return release;
  }
  std::vector<trust::AssignmentItem> Items(TestHost& host) {
    const absl::StatusOr<v1::CheckInAnswer> answer = host.CheckInWholly();
    EXPECT_THAT(answer, IsOk());
    return answer.ok() ? ItemsOf(coordinator_, *answer) : std::vector<trust::AssignmentItem>();
  }

  base::testing::ManualClock clock_{trust::testing::TestEpoch()};
  InProcessCoordinator coordinator_{clock_};
};

TEST_F(CheckInTest, NothingNewIsAnsweredWithoutAnAssignment) {
  TestHost host(coordinator_, 1);

  const absl::StatusOr<v1::CheckInAnswer> answer = host.CheckIn();

  ASSERT_THAT(answer, IsOk());
  EXPECT_THAT(answer->assignment(), IsEmpty());
  EXPECT_THAT(answer->documents(), IsEmpty());
  EXPECT_THAT(answer->answer_id(), SizeIs(16));
}

TEST_F(CheckInTest, EveryAnswerHasAHeadOfTheStore) {
  TestHost host(coordinator_, 1);

  const absl::StatusOr<v1::CheckInAnswer> answer = host.CheckIn();

  const auto head = trust::Verify<trust::Head>(answer->head(), coordinator_.verified_root());
  ASSERT_THAT(head, IsOk());
  EXPECT_EQ((*head)->store_id(), coordinator_.coordinator().fleet().store_id());
}

TEST_F(CheckInTest, AStartedPlanIsAssignedWithPlanAndManifest) {
  TestHost host(coordinator_, 1);
  const auto release = Release(1);
  coordinator_.StartPlan(PlanOf(1, release));

  const absl::StatusOr<v1::CheckInAnswer> answer = host.CheckIn();

  ASSERT_THAT(answer, IsOk());
  EXPECT_THAT(answer->documents(), SizeIs(2));
  const std::vector<trust::AssignmentItem> items = ItemsOf(coordinator_, *answer);
  ASSERT_THAT(items, SizeIs(1));
  EXPECT_EQ(items[0].manifest, release.digest());
}

TEST_F(CheckInTest, TheAssignmentIsForThisHostAndThisNonceAndAMinute) {
  TestHost host(coordinator_, 1);
  coordinator_.StartPlan(PlanOf(1, Release(1)));

  const trust::Assignment assignment = host.Assigned();

  EXPECT_EQ(assignment.host_id(), host.id());
  EXPECT_EQ(assignment.nonce().bytes(), host.says().nonce());
  EXPECT_EQ(assignment.lifetime(), absl::Seconds(60));
  EXPECT_EQ(assignment.head().issued, clock_.WallNow());
}

TEST_F(CheckInTest, DocumentsThatTheHostHoldsAreNotSentAgain) {
  TestHost host(coordinator_, 1);
  coordinator_.StartPlan(PlanOf(1, Release(1)));
  ASSERT_THAT(host.CheckIn(), IsOk());

  const absl::StatusOr<v1::CheckInAnswer> again = host.CheckIn();

  EXPECT_THAT(again->documents(), IsEmpty());
  EXPECT_THAT(ItemsOf(coordinator_, *again), SizeIs(1));
}

TEST_F(CheckInTest, TheManifestOfWhatIsInstalledIsSentToWhoLostIt) {
  TestHost host(coordinator_, 1);
  const auto release = Release(1);
  host.Has(release);

  const absl::StatusOr<v1::CheckInAnswer> answer = host.CheckIn();

  ASSERT_THAT(answer->documents(), SizeIs(1));
  EXPECT_EQ(answer->documents(0), release.envelope());
}

// Nearly as large as a manifest may be; its contents are empty files.
v1::Manifest LargeManifest(const trust::testing::TestAuthority& authority,
                           absl::string_view product, uint64_t sequence) {
  v1::Manifest manifest = authority.Manifest(product, sequence, {{"agent", ""}});
  v1::Variant variant = manifest.variants(0);
  variant.set_filter(absl::StrCat("model = \"", std::string(4'000, 'm'), "\""));
  const v1::Component component = variant.components(0);
  variant.clear_components();
  manifest.clear_variants();
  for (size_t i = 0; i < base::kMaxVariants; ++i) *manifest.add_variants() = variant;
  for (int name = 100; name < 356; ++name) {
    for (v1::Variant& one : *manifest.mutable_variants()) {
      if (manifest.ByteSizeLong() + 128 > base::kMaxManifestBytes) return manifest;
      v1::Component& added = *one.add_components();
      added = component;
      added.set_name(absl::StrCat("conf/", name));
    }
  }
  return manifest;
}

TEST_F(CheckInTest, DocumentsBeyondAMegabyteWaitForTheNextCheckIn) {
  TestHost host(coordinator_, 1);
  v1::ProductState& loader = *host.says().add_products();
  loader.set_product("loader");
  loader.set_health(v1::ProductState::NOT_ASKED);
  v1::Plan plan;
  for (int i = 0; i < 2; ++i) {
    const std::string product = host.says().products(i).product();
    const auto old = coordinator_.Publish(LargeManifest(coordinator_.authority(), product, 1));
    const auto target = coordinator_.Publish(LargeManifest(coordinator_.authority(), product, 2));
    host.says().mutable_products(i)->mutable_installed()->set_manifest_digest(
        std::string(old.digest().bytes()));
    const v1::Plan one = coordinator_.authority().Plan(1, product, target.digest());
    if (i == 0) plan = one;
    if (i == 1) *plan.add_items() = one.items(0);
  }
  coordinator_.StartPlan(plan);

  const absl::StatusOr<v1::CheckInAnswer> first = host.CheckIn();
  const absl::StatusOr<v1::CheckInAnswer> second = host.CheckIn();

  ASSERT_THAT(first, IsOk());
  EXPECT_TRUE(first->more());
  EXPECT_LT(first->ByteSizeLong(), base::kMaxGrpcMessageBytes);
  EXPECT_FALSE(second->more());
  EXPECT_EQ(first->documents_size() + second->documents_size(), 5);
}

TEST_F(CheckInTest, APlanThatNobodyStartedIsNeitherAssignedNorShown) {
  TestHost host(coordinator_, 1);
  coordinator_.PutPlan(PlanOf(1, Release(1)));

  const absl::StatusOr<v1::CheckInAnswer> answer = host.CheckIn();

  EXPECT_THAT(answer->assignment(), IsEmpty());
  EXPECT_THAT(answer->documents(), IsEmpty());
}

// Promise 2.
TEST_F(CheckInTest, AHostBeforeItsWaveIsOfferedNothing) {
  TestHost host(coordinator_, 1);
  v1::Plan plan = PlanOf(1, Release(1));
  plan.mutable_waves(0)->set_not_before_ms(absl::ToUnixMillis(clock_.WallNow() + absl::Hours(1)));
  plan.set_baseline_until_ms(0);
  coordinator_.StartPlan(plan);
  EXPECT_THAT(Items(host), IsEmpty());

  clock_.Advance(absl::Hours(1));

  EXPECT_THAT(Items(host), SizeIs(1));
}

TEST_F(CheckInTest, AHaltReachesTheNextCheckIn) {
  TestHost host(coordinator_, 1);
  const v1::Plan plan = PlanOf(1, Release(1));
  coordinator_.StartPlan(plan);
  ASSERT_THAT(Items(host), SizeIs(1));

  coordinator_.Halt(plan.name());

  EXPECT_THAT(Items(host), IsEmpty());
}

TEST_F(CheckInTest, AHaltOutlivesTheProcess) {
  TestHost host(coordinator_, 1);
  const v1::Plan plan = PlanOf(1, Release(1));
  coordinator_.StartPlan(plan);
  coordinator_.Halt(plan.name());

  coordinator_.Restart();

  EXPECT_THAT(Items(host), IsEmpty());
}

TEST_F(CheckInTest, AHostWithTheReleaseGetsNothing) {
  TestHost host(coordinator_, 1);
  const auto release = Release(1);
  coordinator_.StartPlan(PlanOf(1, release));
  host.Has(release);

  EXPECT_THAT(Items(host), IsEmpty());
}

TEST_F(CheckInTest, WhatFailedHereIsNotOfferedAgain) {
  TestHost host(coordinator_, 1);
  const auto release = Release(1);
  coordinator_.StartPlan(PlanOf(1, release));
  v1::BadRelease& bad = *host.says().mutable_products(0)->add_bad();
  bad.set_manifest_digest(std::string(release.digest().bytes()));
  bad.set_code(v1::Refusal::EXIT);
  bad.set_plan_issued_ms(absl::ToUnixMillis(clock_.WallNow()));

  EXPECT_THAT(Items(host), IsEmpty());
}

TEST_F(CheckInTest, AReleaseWithoutAllItsContentsIsNotOffered) {
  TestHost host(coordinator_, 1);
  const auto release = Release(1);
  coordinator_.StartPlan(PlanOf(1, release));

  ASSERT_THAT(coordinator_.blobs().Remove(base::Sha256Of("program 1")), IsOk());

  EXPECT_THAT(Items(host), IsEmpty());
}

TEST_F(CheckInTest, ADamagedInstalledReleaseIsRepairedAfterItsPlanEnded) {
  TestHost host(coordinator_, 1);
  const auto release = GivenTo(host, 1);
  clock_.Advance(absl::Hours(24 * 100));
  host.HasFile("agent", "damaged");

  const std::vector<trust::AssignmentItem> items = Items(host);

  ASSERT_THAT(items, SizeIs(1));
  EXPECT_EQ(items[0].manifest, release.digest());
  EXPECT_FALSE(items[0].plan.has_value());
}

TEST_F(CheckInTest, RepairGoesOnWhileTheRolloutIsHalted) {
  TestHost host(coordinator_, 1);
  GivenTo(host, 1);
  coordinator_.Halt(coordinator_.authority().Plan(1, "agent", {}).name());
  host.HasFile("agent", "damaged");

  EXPECT_THAT(Items(host), SizeIs(1));
}

TEST_F(CheckInTest, WhatIsOnlyObservedIsNotRepaired) {
  TestHost host(coordinator_, 1);
  GivenTo(host, 1);
  host.HasFile("agent", "another");
  host.says().mutable_local_manifest()->mutable_components(0)->set_observe(true);

  EXPECT_THAT(Items(host), IsEmpty());
}

TEST_F(CheckInTest, RootsComeFirstAndAlone) {
  TestHost host(coordinator_, 1);
  coordinator_.StartPlan(PlanOf(1, Release(1)));
  v1::Root next = coordinator_.root();
  next.set_version(2);
  ASSERT_THAT(coordinator_.PutDocument(
                  coordinator_.authority().SignSuccessor(next, coordinator_.authority())),
              IsOk());

  const absl::StatusOr<v1::CheckInAnswer> answer = host.CheckIn();

  ASSERT_THAT(answer, IsOk());
  EXPECT_THAT(answer->documents(), SizeIs(1));
  EXPECT_TRUE(answer->more());
  EXPECT_THAT(answer->assignment(), IsEmpty());
}

TEST_F(CheckInTest, UnderAnExpiredRootNothingIsAssignedNotEvenARepair) {
  TestHost host(coordinator_, 1);
  GivenTo(host, 1);
  host.HasFile("agent", "damaged");
  ASSERT_THAT(Items(host), SizeIs(1));

  clock_.Advance(absl::Hours(24 * 366));

  EXPECT_THAT(Items(host), IsEmpty());
}

TEST_F(CheckInTest, AHostThatKnowsALaterRootGetsNothing) {
  TestHost host(coordinator_, 1);
  coordinator_.StartPlan(PlanOf(1, Release(1)));
  host.says().set_root_version(7);

  EXPECT_THAT(Items(host), IsEmpty());
}

TEST_F(CheckInTest, LastSeenIsKeptOverARestartOnceItIsFlushed) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(host.CheckIn(), IsOk());

  clock_.Advance(kSeenFlushAfter);
  coordinator_.coordinator().Tick();
  coordinator_.Restart();

  EXPECT_EQ(coordinator_.coordinator().fleet().hosts().Find(host.id())->last_seen,
            clock_.WallNow() - kSeenFlushAfter);
}

}  // namespace
}  // namespace mig::coordinator::testing
