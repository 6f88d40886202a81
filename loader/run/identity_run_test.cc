// Certificates over the years: renewed, expired, forgotten, on another machine.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "loader/run/testing/run_test_base.h"
#include "trust/refusal.h"

namespace mig::loader {
namespace {

using v1::Refusal;

class IdentityRunTest : public testing::RunTest {
 protected:
  std::string Identity() { return *host_.Get("/var/lib/mig-loader/identity/host.pem"); }
};

// R1.
TEST_F(IdentityRunTest, IsRenewedOverTlsOnceAThirdOfItsLifeIsLeft) {
  EnrollHost();
  const std::string first = Identity();
  const trust::TrustedState before = host_.Trusted();
  clock_.Advance(absl::Hours(24 * 59));
  host_.Run();
  EXPECT_EQ(coordinator_.renewals, 0);
  clock_.Advance(absl::Hours(24 * 2));

  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);

  EXPECT_EQ(coordinator_.renewals, 1);
  EXPECT_NE(Identity(), first);
  EXPECT_EQ(*host_.Get("/var/lib/mig-loader/identity/former.pem"), first);
  EXPECT_EQ(host_.Trusted().host_id, before.host_id);  // R1: the key changes, the id never
  host_.Run();
  EXPECT_EQ(coordinator_.renewals, 1);
}

TEST_F(IdentityRunTest, SixtyDaysInADrawerEndInAProofOfPossession) {
  EnrollHost();
  clock_.Advance(absl::Hours(24 * 150));

  const RunResult result = host_.Run();

  EXPECT_EQ(coordinator_.possession_renewals, 1);
  EXPECT_EQ(coordinator_.check_ins.size(), 1u);
  EXPECT_EQ(result.refusal.code(), Refusal::STALE);  // no plan in five months
  EXPECT_EQ(result.exit_code, ExitCode::kStale);
}

TEST_F(IdentityRunTest, ARestoredStoreIsToldOfTheFormerKey) {
  EnrollHost();
  clock_.Advance(absl::Hours(24 * 61));
  host_.Run();
  ASSERT_EQ(coordinator_.renewals, 1);
  coordinator_.knows_certificates = false;

  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);

  EXPECT_EQ(coordinator_.possession_renewals, 1);
}

TEST_F(IdentityRunTest, WithoutAFormerKeyAnUnknownOneIsSaid) {
  EnrollHost();
  coordinator_.knows_certificates = false;
  const RunResult result = host_.Run();
  EXPECT_EQ(result.exit_code, ExitCode::kNotEnrolled);
  EXPECT_EQ(result.refusal.code(), Refusal::UNRECORDED_KEY);
}

// R1.
TEST_F(IdentityRunTest, ACertificateForAnotherIdIsNotInstalled) {
  EnrollHost();
  const std::string before = Identity();
  clock_.Advance(absl::Hours(24 * 61));
  coordinator_.issue_for = trust::testing::TestHostId(77);

  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);  // a note: the old one is good for a month

  EXPECT_EQ(coordinator_.renewals, 1);
  EXPECT_EQ(Identity(), before);
}

TEST_F(IdentityRunTest, RevokedIsSaidAndTheAgentRunsOn) {
  GivenInstalled();
  coordinator_.refusal = trust::Refuse(Refusal::REVOKED, "this host was revoked: stolen");
  const int64_t pid = host_.AgentPid();

  const RunResult result = host_.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kNotEnrolled);
  EXPECT_EQ(result.refusal.code(), Refusal::REVOKED);
  EXPECT_EQ(host_.AgentPid(), pid);
}

TEST_F(IdentityRunTest, AClonedDiskDoesNotUseTheIdentity) {
  GivenInstalled();
  const size_t check_ins = coordinator_.check_ins.size();
  host_.facts().machine_id = std::string("another machine");

  const RunResult result = host_.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kNotEnrolled);
  EXPECT_EQ(result.refusal.code(), Refusal::MACHINE_CHANGED);
  EXPECT_EQ(coordinator_.check_ins.size(), check_ins);
}

TEST_F(IdentityRunTest, AClockBeforeTheCertificateWaits) {
  EnrollHost();
  clock_.StepWall(-absl::Hours(24 * 365));
  const RunResult result = host_.Run();
  EXPECT_EQ(result.exit_code, ExitCode::kLater);
  EXPECT_EQ(result.refusal.code(), Refusal::CERTIFICATE_TIME);
}

TEST_F(IdentityRunTest, ACoordinatorThatIsAwayLeavesTheNextOne) {
  host_.config().coordinators = {"a.corp.example:8443", "b.corp.example:8443"};
  EnrollHost();
  coordinator_.away = true;

  const RunResult result = host_.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kLater);
  ASSERT_TRUE(result.unreached.has_value());
  EXPECT_EQ(result.unreached->endpoint, "a.corp.example:8443");
  EXPECT_THAT(result.refusal.text(),
              ::testing::StartsWith("coordinator a.corp.example:8443 cannot be reached: "));
  ASSERT_TRUE(result.next.has_value());
  EXPECT_GT(*result.next, clock_.WallNow());
  EXPECT_THAT(coordinator_.connected,
              ::testing::IsSupersetOf({"a.corp.example:8443", "b.corp.example:8443"}));

  coordinator_.away = false;
  EXPECT_FALSE(host_.Run().unreached.has_value());
}

}  // namespace
}  // namespace mig::loader
