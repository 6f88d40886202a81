#include "trust/assignment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <iterator>
#include <optional>
#include <string>

#include "base/testing/status_matchers.h"
#include "trust/assignment_check.h"
#include "trust/refusal.h"
#include "trust/testing/full_documents.h"
#include "trust/testing/test_authority.h"

namespace mig::trust {
namespace {

using base::testing::IsOk;
using ::mig::trust::testing::FullAssignment;
using ::mig::trust::testing::TestAuthority;
using ::mig::trust::testing::TestDigest;
using ::mig::trust::testing::TestEpoch;
using ::mig::trust::testing::TestHostId;
using ::mig::trust::testing::TestNonce;
using ::testing::AnyOf;
using ::testing::Eq;

TEST(AssignmentTest, EachBoundIsKept) {
  const v1::Assignment whole = FullAssignment(TestAuthority());
  v1::Assignment message;
  const std::function<void()> breaks[] = {
      [&] { message.set_host_id(message.host_id() + "x"); },
      [&] { message.mutable_host_id()->pop_back(); },
      [&] { message.set_nonce(std::string(31, 'n')); },
      [&] { message.clear_items(); },
      [&] { *message.add_items() = message.items(0); },
      [&] { message.mutable_items(0)->set_variant(32); },
      [&] { message.mutable_items(0)->set_plan_digest("short"); },
      [&] { message.mutable_items(0)->set_product("A"); },
      [&] { message.set_lifetime_ms(60'001); },
      [&] { message.set_next_hint_ms(24 * 3'600'000 + 1); },
      [&] { message.set_ticket(std::string(1025, 't')); },
  };
  for (size_t i = 0; i < std::size(breaks); ++i) {
    message = whole;
    breaks[i]();
    EXPECT_THAT(RefusalOf(Assignment::Parse(message.SerializeAsString()).status()),
                AnyOf(Eq(v1::Refusal::MALFORMED), Eq(v1::Refusal::BOUND)))
        << "the " << i << "th";
  }
  message = whole;
  message.set_lifetime_ms(60'000);
  EXPECT_THAT(Assignment::Parse(message.SerializeAsString()), IsOk());
}

TEST(HeadTest, PositionsCompareGenerationFirst) {
  EXPECT_LT((HeadPosition{1, 9}), (HeadPosition{2, 0}));
  EXPECT_LT((HeadPosition{1, 8}), (HeadPosition{1, 9}));
}

TEST(HeadTest, AStoreIdOfAnotherSizeIsRefused) {
  v1::Head head = TestAuthority().Head(1, 2, TestEpoch());
  EXPECT_THAT(Head::Parse(head.SerializeAsString()), IsOk());
  head.set_store_id(std::string(15, 's'));
  EXPECT_EQ(RefusalOf(Head::Parse(head.SerializeAsString()).status()), v1::Refusal::MALFORMED);
}

class AssignmentCheckTest : public ::testing::Test {
 protected:
  AssignmentCheckTest()
      : manifest_(authority_.Verified(authority_.Manifest("agent", 118, {{"agent", "a"}}))),
        plan_(authority_.Verified(authority_.Plan(61, "agent", manifest_.digest()))),
        message_(authority_.Assignment(TestHostId(1), TestNonce(1), TestEpoch())) {
    v1::AssignmentItem& item = *message_.add_items();
    item.set_product("agent");
    item.set_manifest_digest(std::string(manifest_.digest().bytes()));
    item.set_plan_digest(std::string(plan_.digest().bytes()));
  }

  std::optional<v1::Refusal::Code> Code(const HostId& host = TestHostId(1),
                                        const Nonce& nonce = TestNonce(1)) {
    return RefusalOf(CheckAssignment(authority_.Verified(message_), host, nonce, state_));
  }
  std::optional<v1::Refusal::Code> DocumentsCode(const Verified<Manifest>& manifest,
                                                 const Verified<Plan>* plan) {
    return RefusalOf(CheckItemDocuments(authority_.Verified(message_)->items()[0], manifest, plan));
  }
  v1::AssignmentItem& item() { return *message_.mutable_items(0); }

  TestAuthority authority_;
  Verified<Manifest> manifest_;
  Verified<Plan> plan_;
  v1::Assignment message_;
  TrustedState state_;
};

TEST_F(AssignmentCheckTest, AnswersThisHostsThisRequest) {
  EXPECT_EQ(Code(), std::nullopt);
  EXPECT_EQ(Code(TestHostId(2)), v1::Refusal::HOST);  // DirectorBadEcuId
  EXPECT_EQ(Code(TestHostId(1), TestNonce(2)), v1::Refusal::NONCE);
  EXPECT_EQ(Code(TestHostId(1), Nonce()), v1::Refusal::NONCE);
}

// R6.
TEST_F(AssignmentCheckTest, AnItemWithoutAPlanRepairsWhatIsInstalledAndNothingElse) {
  item().clear_plan_digest();
  EXPECT_EQ(Code(), v1::Refusal::NO_PLAN);
  state_.products["agent"].installed = Installed{TestDigest("another"), 0};
  EXPECT_EQ(Code(), v1::Refusal::NO_PLAN);
  state_.products["agent"].installed = Installed{manifest_.digest(), 0};
  EXPECT_EQ(Code(), std::nullopt);
  item().set_variant(1);
  EXPECT_EQ(Code(), v1::Refusal::VARIANT);
  state_.products["agent"].installed = Installed{manifest_.digest(), 1};
  EXPECT_EQ(Code(), std::nullopt);
}

// R4.
TEST_F(AssignmentCheckTest, TheDocumentsAreThoseItNames) {
  EXPECT_EQ(DocumentsCode(manifest_, &plan_), std::nullopt);
  const auto other = authority_.Verified(authority_.Manifest("agent", 119, {{"agent", "b"}}));
  EXPECT_EQ(DocumentsCode(other, &plan_), v1::Refusal::DIGEST);  // TargetHashMismatch
  EXPECT_EQ(DocumentsCode(manifest_, nullptr), v1::Refusal::DIGEST);
  const auto other_plan = authority_.Verified(authority_.Plan(62, "agent", manifest_.digest()));
  EXPECT_EQ(DocumentsCode(manifest_, &other_plan), v1::Refusal::DIGEST);
}

TEST_F(AssignmentCheckTest, APlanThatNamesAnotherReleaseDoesNotBringThisOne) {
  const auto elsewhere = authority_.Verified(authority_.Plan(61, "agent", TestDigest("A")));
  item().set_plan_digest(std::string(elsewhere.digest().bytes()));
  EXPECT_EQ(DocumentsCode(manifest_, &elsewhere), v1::Refusal::NOT_IN_PLAN);
  v1::Plan with_fallback = authority_.Plan(61, "agent", TestDigest("A"));
  with_fallback.mutable_items(0)->set_fallback_manifest_digest(
      std::string(manifest_.digest().bytes()));
  const auto falls_back = authority_.Verified(with_fallback);
  item().set_plan_digest(std::string(falls_back.digest().bytes()));
  EXPECT_EQ(DocumentsCode(manifest_, &falls_back), std::nullopt);
}

TEST_F(AssignmentCheckTest, AnotherProductOrAVariantThatIsNotThereIsRefused) {  // BadHwId
  item().set_variant(1);
  EXPECT_EQ(DocumentsCode(manifest_, &plan_), v1::Refusal::VARIANT);
  item().set_variant(0);
  item().set_product("loader");
  EXPECT_EQ(DocumentsCode(manifest_, &plan_), v1::Refusal::PRODUCT);
}

}  // namespace
}  // namespace mig::trust
