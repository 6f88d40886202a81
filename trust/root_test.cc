#include "trust/root.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "trust/refusal.h"
#include "trust/testing/full_documents.h"
#include "trust/testing/test_authority.h"

namespace mig::trust {
namespace {

using base::testing::IsOk;
using ::mig::trust::testing::FullRoot;
using ::mig::trust::testing::TestAuthority;
using ::mig::trust::testing::TestKey;
using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::HasSubstr;

class RootTest : public ::testing::Test {
 protected:
  absl::Status Parse() { return Root::Parse(message_.SerializeAsString()).status(); }
  std::optional<v1::Refusal::Code> Code() { return RefusalOf(Parse()); }
  v1::Role& role(RoleKind kind) { return *message_.mutable_roles(static_cast<int>(kind) - 1); }
  static void SetKey(v1::Key& key, absl::string_view bytes) {
    key.set_public_key(std::string(bytes));
    key.set_key_id(std::string(KeyIdOf(1, bytes).bytes()));
  }

  v1::Root message_ = FullRoot(TestAuthority());
};

TEST_F(RootTest, SaysWhatTheMessageSays) {
  const auto root = Root::Parse(message_.SerializeAsString());
  ASSERT_THAT(root, IsOk());
  EXPECT_EQ(root->version(), 1u);
  EXPECT_EQ(root->role(RoleKind::kRollout).emergency_threshold, 3u);
  EXPECT_EQ(root->role(RoleKind::kOnline).keys.size(), 1u);
  ASSERT_NE(root->product("agent"), nullptr);
  EXPECT_EQ(root->product("agent")->floor, 3u);
  EXPECT_EQ(root->product("nothing"), nullptr);
  EXPECT_EQ(root->stream("main")->epoch, 2u);
  EXPECT_FALSE(root->IsTrial());
}

TEST_F(RootTest, OneOfOneRootKeysIsATrial) {
  const TestAuthority trial({.root = {1, 1}, .release = {3, 2}});
  EXPECT_TRUE(trial.VerifiedRoot()->IsTrial());
}

TEST_F(RootTest, ThresholdsOfZeroAboveTheKeysOrHugeAreRefusedForEachRole) {  // *ZeroThreshold
  for (const RoleKind kind : kAllRoleKinds) {
    const uint32_t kept = role(kind).threshold();
    for (const uint32_t wrong : {0u, 4u, 17u, 1001u, 0xffffffffu}) {
      role(kind).set_threshold(wrong);
      EXPECT_THAT(Code(), AnyOf(Eq(v1::Refusal::MALFORMED), Eq(v1::Refusal::BOUND)))
          << kind << " " << wrong;
    }
    role(kind).set_threshold(kept);
    EXPECT_THAT(Parse(), IsOk());
  }
}

TEST_F(RootTest, AThresholdThatIsNegativeAsAVarintIsRefused) {
  // -1 as ten bytes, where Protobuf alone would read 2^32 - 1; put in place of the role's own.
  v1::Root without = message_;
  without.mutable_roles(3)->clear_threshold();
  const std::string old_role = without.roles(3).SerializeAsString();
  const std::string new_role =
      old_role + std::string("\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
  std::string bytes = without.SerializeAsString();
  const size_t at = bytes.find(old_role);
  ASSERT_NE(at, std::string::npos);
  ASSERT_LT(new_role.size(), 128u);
  bytes.replace(at - 1, old_role.size() + 1,
                std::string(1, static_cast<char>(new_role.size())) + new_role);
  const absl::Status verdict = Root::Parse(bytes).status();
  EXPECT_EQ(RefusalOf(verdict), v1::Refusal::MALFORMED);
  EXPECT_THAT(std::string(verdict.message()), HasSubstr("threshold"));
}

TEST_F(RootTest, TheOnlineThresholdIsOneAndEmergencyIsForRolloutOnly) {
  role(RoleKind::kRelease).set_emergency_threshold(3);
  EXPECT_EQ(Code(), v1::Refusal::MALFORMED);
  role(RoleKind::kRelease).clear_emergency_threshold();
  role(RoleKind::kRollout).clear_emergency_threshold();
  EXPECT_EQ(Code(), v1::Refusal::BOUND);
  role(RoleKind::kRollout).set_emergency_threshold(1);  // below the ordinary one
  EXPECT_EQ(Code(), v1::Refusal::BOUND);
  role(RoleKind::kRollout).set_emergency_threshold(4);  // above the keys
  EXPECT_EQ(Code(), v1::Refusal::BOUND);
}

TEST_F(RootTest, ARoleMissingDoubledEmptyUnknownOrOutOfOrderIsRefused) {  // RootJsonNoRoles
  const v1::Root whole = message_;
  const std::function<void()> breaks[] = {
      [&] { message_.mutable_roles()->RemoveLast(); },
      [&] { message_.clear_roles(); },
      [&] { *message_.add_roles() = message_.roles(0); },
      [&] { *message_.mutable_roles(3) = message_.roles(2); },
      [&] { message_.mutable_roles()->SwapElements(0, 1); },
      [&] { message_.mutable_roles(0)->clear_keys(); },
      [&] { message_.mutable_roles(0)->set_kind(static_cast<v1::Role::Kind>(5)); },
      [&] { message_.mutable_roles(0)->clear_kind(); },
  };
  for (const auto& break_it : breaks) {
    message_ = whole;
    break_it();
    EXPECT_THAT(Code(), AnyOf(Eq(v1::Refusal::MALFORMED), Eq(v1::Refusal::BOUND)))
        << message_.ShortDebugString();
  }
}

TEST_F(RootTest, AKeyIdThatIsNotItsKeysIsRefused) {  // tough mismatched_keyids
  role(RoleKind::kRoot).mutable_keys(0)->mutable_key_id()->at(3) ^= 1;
  EXPECT_EQ(Code(), v1::Refusal::MALFORMED);
  EXPECT_THAT(std::string(Parse().message()), HasSubstr("roles[0].keys[0].key_id"));
}

TEST_F(RootTest, OneKeyTwiceInARoleIsRefused) {  // conformance duplicate_keys
  v1::Role& release = role(RoleKind::kRelease);
  *release.mutable_keys(1) = release.keys(0);
  EXPECT_EQ(Code(), v1::Refusal::MALFORMED);
}

TEST_F(RootTest, OneKeyInTwoRolesIsRefusedForEveryPair) {
  const v1::Root whole = message_;
  for (const RoleKind from : kAllRoleKinds) {
    for (const RoleKind to : kAllRoleKinds) {
      if (from == to) continue;
      message_ = whole;
      v1::Role& target = role(to);
      const v1::Key key = role(from).keys(0);
      target.clear_keys();
      *target.add_keys() = key;
      target.set_threshold(1);
      if (to == RoleKind::kRollout) target.set_emergency_threshold(1);
      EXPECT_EQ(Code(), v1::Refusal::MALFORMED) << from << " in " << to;
      EXPECT_THAT(std::string(Parse().message()), HasSubstr("one key holds one role"));
    }
  }
}

TEST_F(RootTest, KeysOfOtherSizesAndBadPointsAreRefused) {
  v1::Key& key = *role(RoleKind::kOnline).mutable_keys(0);
  for (const size_t size : {1, 31, 33}) {
    SetKey(key, std::string(size, 'k'));
    EXPECT_EQ(Code(), v1::Refusal::MALFORMED) << size;
  }
  SetKey(key, std::string(32, '\0'));  // of order 4
  EXPECT_EQ(Code(), v1::Refusal::MALFORMED);
  SetKey(key, TestKey(99).public_key().bytes());
  EXPECT_THAT(Parse(), IsOk());
}

TEST_F(RootTest, AKeyOfAnUnknownAlgorithmStays) {
  v1::Role& online = role(RoleKind::kOnline);
  v1::Key& key = *online.mutable_keys(0);
  key.set_algorithm(static_cast<v1::Key::Algorithm>(9));
  key.set_public_key("a longer key of the future");
  key.set_key_id(std::string(KeyIdOf(9, key.public_key()).bytes()));
  const auto root = Root::Parse(message_.SerializeAsString());
  ASSERT_THAT(root, IsOk());
  EXPECT_FALSE(root->role(RoleKind::kOnline).keys[0].key.can_verify());
}

TEST_F(RootTest, ListsAreBoundedSortedAndWithoutDuplicates) {
  const v1::Root whole = message_;
  const std::function<void()> breaks[] = {
      [&] { message_.mutable_products()->SwapElements(0, 1); },
      [&] { *message_.mutable_products(1) = message_.products(0); },
      [&] { message_.clear_products(); },
      [&] {
        for (char c = 'm'; c < 'u'; ++c) message_.add_products()->set_product(std::string(1, c));
      },
      [&] { message_.clear_streams(); },
      [&] { message_.mutable_products(0)->mutable_withdrawn()->SwapElements(0, 1); },
      [&] { message_.mutable_products(0)->add_withdrawn("short"); },
      [&] { message_.clear_server_ca_certificates(); },
      [&] { message_.set_server_ca_certificates(0, std::string(2049, 'c')); },
      [&] { message_.set_server_ca_certificates(0, ""); },
      [&] { message_.clear_loader_ca_spki_digests(); },
      [&] { message_.clear_operator_ca_spki_digests(); },
      [&] { *message_.add_operator_ca_spki_digests() = message_.operator_ca_spki_digests(0); },
      [&] { message_.mutable_products(0)->set_product("Agent"); },
      [&] { message_.mutable_streams(0)->set_stream("a/b"); },
      [&] { message_.set_trust_domain("Corp.example"); },
      [&] { role(RoleKind::kRoot).mutable_keys(0)->set_name("Ana"); },
  };
  for (const auto& break_it : breaks) {
    message_ = whole;
    break_it();
    EXPECT_THAT(Code(), AnyOf(Eq(v1::Refusal::MALFORMED), Eq(v1::Refusal::BOUND)))
        << message_.ShortDebugString();
  }
}

TEST_F(RootTest, SixteenStreamsAreAcceptedSeventeenAreNot) {
  for (char c = 'a'; c < 'a' + 15; ++c) {
    message_.add_streams()->set_stream(absl::StrCat("main-", std::string(1, c)));
  }
  EXPECT_THAT(Parse(), IsOk());
  message_.add_streams()->set_stream("main-z");
  EXPECT_EQ(Code(), v1::Refusal::BOUND);
}

TEST_F(RootTest, PlanRulesHaveBounds) {
  v1::PlanRules& rules = *message_.mutable_plan_rules();
  rules.set_largest_share_ppm(1'000'001);
  EXPECT_EQ(Code(), v1::Refusal::BOUND);
  rules.set_largest_share_ppm(1'000'000);
  rules.set_longest_baseline_ms(90LL * 24 * 3'600'000 + 1);
  EXPECT_EQ(Code(), v1::Refusal::BOUND);
  rules.set_longest_baseline_ms(1);
  rules.set_least_soak_ms(1);
  EXPECT_THAT(Parse(), IsOk());
}

TEST_F(RootTest, ItMustBeIssuedBeforeItsOwnExpiry) {
  message_.set_issued_ms(message_.expires_ms());
  EXPECT_EQ(Code(), v1::Refusal::ISSUED_TIME);
}

TEST_F(RootTest, APayloadAboveItsBoundIsNotParsed) {
  EXPECT_EQ(RefusalOf(Root::Parse(std::string(64 * 1024 + 1, '\x08')).status()),
            v1::Refusal::BOUND);
}

}  // namespace
}  // namespace mig::trust
