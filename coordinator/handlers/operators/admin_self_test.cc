// What the coordinator says of itself: audit, doctor, and whether it lost history (R13).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "coordinator/handlers/testing/test_host.h"
#include "trust/refusal.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::testing::Each;
using ::testing::Eq;
using ::testing::Optional;
using ::testing::Property;
using ::testing::SizeIs;

class AdminSelfTest : public ::testing::Test {
 protected:
  AdminSelfTest() { clock_.Advance(absl::Hours(4)); }

  // A head of this store by this online key, `ahead` changes further than it is.
  std::string HeadAhead(uint64_t ahead) {
    const Fleet& fleet = coordinator_.coordinator().fleet();
    v1::Head head = coordinator_.authority().Head(
        fleet.position().generation, fleet.position().sequence + ahead, clock_.WallNow());
    head.set_store_id(std::string(fleet.store_id().bytes()));
    return coordinator_.authority().Sign(head);
  }
  absl::StatusOr<v1::ConfirmStoreAnswer> Confirm() {
    v1::ConfirmStoreRequest request;
    request.mutable_why()->set_reason("looked at it");
    return coordinator_.Wait<v1::ConfirmStoreAnswer>([&](Done<v1::ConfirmStoreAnswer> done) {
      coordinator_.coordinator().self().ConfirmStore(coordinator_.admin(), request,
                                                     std::move(done));
    });
  }
  v1::DoctorAnswer Doctor() {
    const auto answer = coordinator_.Wait<v1::DoctorAnswer>([&](Done<v1::DoctorAnswer> done) {
      coordinator_.coordinator().self().Doctor(coordinator_.admin(), {}, std::move(done));
    });
    EXPECT_THAT(answer, IsOk());
    return *answer;
  }
  std::optional<v1::Refusal::Code> CheckInCode(TestHost& host) {
    return trust::RefusalOf(host.CheckIn().status());
  }

  base::testing::ManualClock clock_{trust::testing::TestEpoch()};
  InProcessCoordinator coordinator_{clock_};
};

// --- Restored stores

TEST_F(AdminSelfTest, AHostThatKnowsMoreStopsTheCoordinator) {
  TestHost host(coordinator_, 1);
  TestHost other(coordinator_, 2);
  host.says().set_newest_head(HeadAhead(100));

  EXPECT_THAT(CheckInCode(host), Optional(Eq(v1::Refusal::STORE_BEHIND)));
  EXPECT_THAT(CheckInCode(other), Optional(Eq(v1::Refusal::STORE_BEHIND)));
}

TEST_F(AdminSelfTest, AHostWithAnUnrecordedKeyStillShowsItsHead) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(host.CheckIn(), IsOk());
  v1::CheckInRequest request = host.says();
  request.set_newest_head(HeadAhead(100));
  Peer renewed = host.peer();  // with a key that the restored store does not know
  renewed.spki_digest = trust::testing::TestDigest("renewed after the backup");
  coordinator_.coordinator().loaders().CheckIn(renewed, request,
                                               [](const absl::StatusOr<v1::CheckInAnswer>&) {});
  EXPECT_THAT(CheckInCode(host), Optional(Eq(v1::Refusal::STORE_BEHIND)));
}

TEST_F(AdminSelfTest, AfterAConfirmationItGoesOn) {
  TestHost host(coordinator_, 1);
  host.says().set_newest_head(HeadAhead(100));
  ASSERT_FALSE(host.CheckIn().ok());

  ASSERT_THAT(Confirm(), IsOk());

  EXPECT_THAT(host.CheckIn(), IsOk());
}

TEST_F(AdminSelfTest, ItsOwnHeadsAreNeverAhead) {
  TestHost host(coordinator_, 1);
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(host.CheckIn(), IsOk());
    clock_.Advance(absl::Minutes(10));
  }
}

// Promise 1.
TEST_F(AdminSelfTest, AHeadOfAnotherStoreCountsForNothing) {
  TestHost host(coordinator_, 1);
  v1::Head head = coordinator_.authority().Head(9, 9'999, clock_.WallNow());
  head.set_store_id(std::string(16, 'x'));
  host.says().set_newest_head(coordinator_.authority().Sign(head));
  EXPECT_THAT(host.CheckIn(), IsOk());
}

TEST_F(AdminSelfTest, AHeadByAStrangersKeyCountsForNothing) {
  const trust::testing::TestAuthority strangers({.key_set = 7});
  TestHost host(coordinator_, 1);
  v1::Head head = strangers.Head(9, 9'999, clock_.WallNow());
  head.set_store_id(std::string(coordinator_.coordinator().fleet().store_id().bytes()));
  host.says().set_newest_head(strangers.Sign(head));
  EXPECT_THAT(host.CheckIn(), IsOk());
}

// The first that is shown says nothing new; what is remembered of it hides no later one.
TEST_F(AdminSelfTest, AHeadAheadIsHeardAfterOneThatWasNot) {
  TestHost host(coordinator_, 1);
  for (int i = 0; i < 3; ++i) ASSERT_THAT(host.CheckIn(), IsOk());

  host.says().set_newest_head(HeadAhead(100));
  EXPECT_THAT(CheckInCode(host), Optional(Eq(v1::Refusal::STORE_BEHIND)));
  ASSERT_THAT(Confirm(), IsOk());
  ASSERT_THAT(host.CheckIn(), IsOk());

  host.says().set_newest_head(HeadAhead(200));
  EXPECT_THAT(CheckInCode(host), Optional(Eq(v1::Refusal::STORE_BEHIND)));
}

TEST_F(AdminSelfTest, OutcomesAreTakenWhileTheStoreIsBehind) {
  TestHost host(coordinator_, 1);
  const auto release = coordinator_.Publish("agent", 1, {{"agent", "program"}});
  coordinator_.StartPlan(coordinator_.authority().Plan(1, "agent", release.digest()));
  const v1::Outcome outcome = host.OutcomeOf(host.Assigned(), 'a');
  host.says().set_newest_head(HeadAhead(100));
  ASSERT_FALSE(host.CheckIn().ok());

  EXPECT_THAT(host.Report(outcome), IsOk());
}

// --- Doctor

TEST_F(AdminSelfTest, AHealthyCoordinatorHasNothingToDo) {
  EXPECT_THAT(Doctor().checks(), Each(Property(&v1::DoctorCheck::result, v1::DoctorCheck::GOOD)));
}

TEST_F(AdminSelfTest, ARootThatEndsSoonIsAWarningWithAWayOut) {
  clock_.Advance(absl::Hours(24 * 350));
  bool warned = false;
  const v1::DoctorAnswer answer = Doctor();
  for (const v1::DoctorCheck& check : answer.checks()) {
    if (check.name() != "root") continue;
    warned = check.result() == v1::DoctorCheck::WARNING && !check.next_step().empty();
  }
  EXPECT_TRUE(warned);
}

TEST_F(AdminSelfTest, AStoreThatIsBehindIsBad) {
  TestHost host(coordinator_, 1);
  host.says().set_newest_head(HeadAhead(100));
  ASSERT_FALSE(host.CheckIn().ok());
  EXPECT_EQ(Doctor().checks(0).result(), v1::DoctorCheck::BAD);
}

// --- Audit

TEST_F(AdminSelfTest, TheAuditChainHolds) {
  TestHost host(coordinator_, 1);
  const auto answer =
      coordinator_.Wait<v1::VerifyAuditAnswer>([&](Done<v1::VerifyAuditAnswer> done) {
        coordinator_.coordinator().people().VerifyAudit(coordinator_.admin(), {}, std::move(done));
      });
  ASSERT_THAT(answer, IsOk());
  EXPECT_GT(answer->entries(), 0);
  EXPECT_EQ(answer->first_bad_entry(), 0);
}

TEST_F(AdminSelfTest, TheAuditLogIsSearchedLiterally) {
  TestHost host(coordinator_, 1);
  v1::ListAuditRequest request;
  request.set_containing("token.c");
  const auto answer = coordinator_.Wait<v1::ListAuditAnswer>([&](Done<v1::ListAuditAnswer> done) {
    coordinator_.coordinator().people().ListAudit(coordinator_.admin(), request, std::move(done));
  });
  EXPECT_THAT(answer->entries(), SizeIs(1));
}

}  // namespace
}  // namespace mig::coordinator::testing
