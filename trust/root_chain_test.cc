#include "trust/root_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/testing/status_matchers.h"
#include "proto/mig/v1/envelope.pb.h"
#include "trust/refusal.h"
#include "trust/testing/test_authority.h"

namespace mig::trust {
namespace {

using base::testing::IsOk;
using base::testing::StatusIs;
using ::mig::trust::testing::TestAuthority;
using ::mig::trust::testing::TestEpoch;

// The root of `authority` with this version, issued that many hours later.
v1::Root Version(const TestAuthority& authority, uint64_t version) {
  v1::Root root = authority.Root();
  root.set_version(version);
  root.set_issued_ms(root.issued_ms() + static_cast<int64_t>(version) * 3'600'000);
  return root;
}

std::optional<v1::Refusal::Code> StepCode(const TestAuthority& from, const std::string& next) {
  return RefusalOf(VerifyNextRoot(next, from.VerifiedRoot()).status());
}

class RootChainTest : public ::testing::Test {
 protected:
  const TestAuthority first_;
  const TestAuthority second_{{.key_set = 2}};
};

TEST_F(RootChainTest, ASuccessorNeedsBothThresholds) {  // RootRotationNoOriginal, NoNewSignature
  const v1::Root next = Version(second_, 2);
  EXPECT_EQ(StepCode(first_, first_.SignSuccessor(next, second_)), std::nullopt);
  EXPECT_EQ(StepCode(first_, second_.Sign(next)), v1::Refusal::SIGNATURES);
  EXPECT_EQ(StepCode(first_, first_.Sign(next)), v1::Refusal::SIGNATURES);
}

TEST_F(RootChainTest, BelowEitherThresholdItIsRefused) {
  const std::string whole = first_.SignSuccessor(Version(second_, 2), second_);
  v1::Envelope message;
  ASSERT_TRUE(message.ParseFromString(whole));
  ASSERT_EQ(message.signatures_size(), 4);
  for (int left_out = 0; left_out < 4; ++left_out) {
    v1::Envelope fewer = message;
    fewer.mutable_signatures()->DeleteSubrange(left_out, 1);
    EXPECT_EQ(StepCode(first_, fewer.SerializeAsString()), v1::Refusal::SIGNATURES) << left_out;
  }
}

TEST_F(RootChainTest, AVersionThatIsSkippedOrKeptIsRefused) {  // VersionSkip, VersionUnchanged
  for (const uint64_t version : {uint64_t{1}, uint64_t{3}, UINT64_MAX}) {
    EXPECT_EQ(StepCode(first_, first_.Sign(Version(first_, version))), v1::Refusal::ROOT_VERSION)
        << version;
  }
  EXPECT_EQ(StepCode(first_, first_.Sign(Version(first_, 2))), std::nullopt);
}

TEST_F(RootChainTest, AnotherTrustDomainDoesNotFollow) {
  v1::Root next = Version(first_, 2);
  next.set_trust_domain("other.example");
  EXPECT_EQ(StepCode(first_, first_.Sign(next)), v1::Refusal::TRUST_DOMAIN);
}

TEST_F(RootChainTest, TheFirstRootNeedsItsOwnThreshold) {
  EXPECT_THAT(VerifyFirstRoot(first_.Sign(first_.Root())), IsOk());
  EXPECT_EQ(RefusalOf(VerifyFirstRoot(second_.Sign(first_.Root())).status()),
            v1::Refusal::SIGNATURES);
  const std::string one = first_.SignPayload(DocumentType::kRoot, first_.Root().SerializeAsString(),
                                             RoleKind::kRoot, 1);
  EXPECT_EQ(RefusalOf(VerifyFirstRoot(one).status()), v1::Refusal::SIGNATURES);
}

TEST_F(RootChainTest,
       ExpiredIntermediatesLeadToTheLast) {  // intermediate_root_expired; rust-tuf #49
  v1::Root two = Version(first_, 2);
  two.set_expires_ms(two.issued_ms() + 1);
  v1::Root three = Version(first_, 3);
  three.set_expires_ms(three.issued_ms() + 1);
  v1::Root four = Version(first_, 4);
  four.set_issued_ms(three.expires_ms() + 1'000);  // signed after 3 had expired
  const std::vector<std::string> chain = {first_.Sign(two), first_.Sign(three), first_.Sign(four)};
  const RootWalk walk = WalkRoots(first_.VerifiedRoot(), chain);
  EXPECT_THAT(walk.stopped, IsOk());
  EXPECT_EQ(walk.steps, 3u);
  EXPECT_EQ(walk.root->version(), 4u);
  EXPECT_THAT(CheckRootLives(*walk.root, TestEpoch() + absl::Hours(24)), IsOk());
}

TEST_F(RootChainTest, ABadIntermediateEndsTheWalkAtTheLastGood) {
  const std::vector<std::string> chain = {first_.Sign(Version(first_, 2)),
                                          second_.Sign(Version(second_, 3)),
                                          first_.Sign(Version(first_, 4))};
  const RootWalk walk = WalkRoots(first_.VerifiedRoot(), chain);
  EXPECT_EQ(walk.root->version(), 2u);
  EXPECT_EQ(RefusalOf(walk.stopped), v1::Refusal::SIGNATURES);
  EXPECT_THAT(WalkRoots(first_.VerifiedRoot(), {}).stopped, IsOk());
}

TEST_F(RootChainTest, AtMost32AreFollowedInOneRunAndTheNextGoesOn) {  // max_root_rotations
  std::vector<std::string> chain;
  for (uint64_t version = 2; version <= 41; ++version) {
    chain.push_back(first_.Sign(Version(first_, version)));
  }
  const RootWalk walk = WalkRoots(first_.VerifiedRoot(), chain);
  EXPECT_EQ(walk.steps, 32u);
  EXPECT_EQ(walk.root->version(), 33u);
  EXPECT_THAT(walk.stopped, StatusIs(absl::StatusCode::kUnavailable));
  const RootWalk rest =
      WalkRoots(walk.root, std::vector<std::string>(chain.begin() + 32, chain.end()));
  EXPECT_THAT(rest.stopped, IsOk());
  EXPECT_EQ(rest.root->version(), 41u);
}

TEST_F(RootChainTest, OldKeysCountForNothingUnderTheSuccessor) {
  const auto next =
      VerifyNextRoot(first_.SignSuccessor(Version(second_, 2), second_), first_.VerifiedRoot());
  ASSERT_THAT(next, IsOk());
  const std::string head = first_.Sign(first_.Head(1, 1, TestEpoch()));
  EXPECT_EQ(RefusalOf(Verify<Head>(head, *next).status()), v1::Refusal::SIGNATURES);
  EXPECT_THAT(Verify<Head>(second_.Sign(second_.Head(1, 1, TestEpoch())), *next), IsOk());
}

TEST_F(RootChainTest, FromItsExpiryOnARootIsExpired) {
  const Root& root = *first_.VerifiedRoot();
  EXPECT_THAT(CheckRootLives(root, root.expires() - absl::Milliseconds(1)), IsOk());
  EXPECT_EQ(RefusalOf(CheckRootLives(root, root.expires())), v1::Refusal::ROOT_EXPIRED);
}

TEST_F(RootChainTest, ATrialRootIsFollowedByATwoOfThree) {
  const TestAuthority trial(
      {.root = {1, 1}, .release = {1, 1}, .rollout = {1, 1, 1}, .key_set = 5});
  const auto next =
      VerifyNextRoot(trial.SignSuccessor(Version(second_, 2), second_), trial.VerifiedRoot());
  ASSERT_THAT(next, IsOk());
  EXPECT_FALSE((*next)->IsTrial());
}

}  // namespace
}  // namespace mig::trust
