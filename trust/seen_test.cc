#include "trust/seen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/sizes.h"
#include "base/testing/status_matchers.h"
#include "trust/refusal.h"
#include "trust/testing/test_authority.h"

namespace mig::trust {
namespace {

using base::testing::IsOkAndHolds;
using ::mig::trust::testing::TestAuthority;
using ::mig::trust::testing::TestDigest;
using ::mig::trust::testing::TestRolloutId;

class ManifestSeenTest : public ::testing::Test {
 protected:
  Verified<Manifest> Release(uint64_t sequence, const std::string& content = "a",
                             uint64_t epoch = 0) {
    v1::Manifest message = authority_.Manifest("agent", sequence, {{"agent", content}});
    message.set_epoch(epoch);
    return authority_.Verified(message);
  }
  std::optional<v1::Refusal::Code> Code(const Verified<Manifest>& manifest,
                                        ManifestUse use = ManifestUse::kInstall) {
    return RefusalOf(JudgeManifest(state_, *root_, manifest, use));
  }
  void SetRoot(const v1::Root& message) { root_ = authority_.VerifiedFirst(message); }

  TestAuthority authority_;
  v1::Root root_message_ = authority_.Root();
  Verified<Root> root_ = authority_.VerifiedRoot();
  TrustedState state_;
};

TEST_F(ManifestSeenTest, NewerIsGoodOlderIsNot) {  // vectors rollback; targets_rollback
  MoveSeen(state_, Release(10));
  EXPECT_EQ(Code(Release(11)), std::nullopt);
  EXPECT_EQ(Code(Release(10)), std::nullopt) << "the very one";
  EXPECT_EQ(Code(Release(9)), v1::Refusal::BELOW_SEEN);
}

TEST_F(ManifestSeenTest, JudgingMovesNothing) {
  MoveSeen(state_, Release(10));
  const TrustedState before = state_;
  EXPECT_EQ(Code(Release(20)), std::nullopt);
  EXPECT_EQ(state_, before) << "a fallback that is shown early does no harm";
}

// R4.
TEST_F(ManifestSeenTest,
       OneNumberWithTwoContentsIsEquivocation) {  // MetadataChangedWhileVersionSame
  MoveSeen(state_, Release(10, "a"));
  EXPECT_EQ(Code(Release(10, "b")), v1::Refusal::EQUIVOCATION);
  EXPECT_EQ(Code(Release(10, "b"), ManifestUse::kRepair), v1::Refusal::EQUIVOCATION);
}

// R5.
TEST_F(ManifestSeenTest, TheInstalledOneBelowSeenIsGoodForRepairOnly) {
  const auto installed = Release(9);
  MoveSeen(state_, Release(10));
  state_.products["agent"].installed = Installed{installed.digest(), 0};
  EXPECT_EQ(Code(installed, ManifestUse::kRepair), std::nullopt);
  EXPECT_EQ(Code(installed, ManifestUse::kInstall), v1::Refusal::BELOW_SEEN);
  EXPECT_EQ(Code(Release(9, "other"), ManifestUse::kRepair), v1::Refusal::BELOW_SEEN);
}

// R5.
TEST_F(ManifestSeenTest, TheFloorBindsARepairToo) {  // RAUC prevent-late-fallback
  const auto installed = Release(9);
  state_.products["agent"].installed = Installed{installed.digest(), 0};
  root_message_.mutable_products(0)->set_floor(9);
  SetRoot(root_message_);
  EXPECT_EQ(Code(installed, ManifestUse::kRepair), std::nullopt);
  root_message_.mutable_products(0)->set_floor(10);
  SetRoot(root_message_);
  EXPECT_EQ(Code(installed, ManifestUse::kRepair), v1::Refusal::BELOW_FLOOR);
  EXPECT_EQ(Code(Release(9)), v1::Refusal::BELOW_FLOOR);
  EXPECT_EQ(Code(Release(10)), std::nullopt);
}

TEST_F(ManifestSeenTest, AWithdrawnOneIsGoodForNothing) {  // aktualizr RevokeAfter*
  const auto installed = Release(9);
  state_.products["agent"].installed = Installed{installed.digest(), 0};
  root_message_.mutable_products(0)->add_withdrawn(std::string(installed.digest().bytes()));
  SetRoot(root_message_);
  EXPECT_EQ(Code(installed), v1::Refusal::WITHDRAWN);
  EXPECT_EQ(Code(installed, ManifestUse::kRepair), v1::Refusal::WITHDRAWN);
}

// R4.
TEST_F(ManifestSeenTest, AfterTheLargestSequenceARaisedEpochStartsAgain) {  // python-tuf #414
  MoveSeen(state_, Release(UINT64_MAX));
  EXPECT_EQ(Code(Release(1, "a", 1)), v1::Refusal::EPOCH) << "the root has not raised it yet";
  root_message_.mutable_products(0)->set_epoch(1);
  SetRoot(root_message_);
  EXPECT_EQ(Code(Release(1, "a", 1)), std::nullopt);
  EXPECT_EQ(Code(Release(UINT64_MAX)), v1::Refusal::EPOCH);
  MoveSeen(state_, Release(1, "a", 1));
  EXPECT_EQ(state_.product("agent")->seen->numbers, (Numbers{1, 1}));
}

// R5.
TEST_F(ManifestSeenTest, SeenNeverFalls) {  // V3
  MoveSeen(state_, Release(10));
  MoveSeen(state_, Release(9));
  MoveSeen(state_, Release(10, "b"));
  EXPECT_EQ(state_.product("agent")->seen->digest, Release(10).digest());
}

TEST_F(ManifestSeenTest, AProductThatLeftTheRootGetsNothing) {
  root_message_.mutable_products(0)->set_product("another");
  SetRoot(root_message_);
  EXPECT_EQ(Code(Release(1)), v1::Refusal::NOT_IN_ROOT);
}

class PlanSeenTest : public ::testing::Test {
 protected:
  v1::Plan Message(uint64_t sequence) {
    return authority_.Plan(sequence, "agent", TestDigest("m"));
  }
  // A plan of the same rollout as Message(61).
  v1::Plan Resigned(uint64_t sequence) {
    v1::Plan plan = Message(61);
    plan.set_sequence(sequence);
    plan.set_issued_ms(plan.issued_ms() + static_cast<int64_t>(sequence));
    return plan;
  }
  absl::StatusOr<PlanPlace> Judge(const v1::Plan& message) {
    return JudgePlan(state_, *root_, authority_.Verified(message));
  }
  std::optional<v1::Refusal::Code> Code(const v1::Plan& message) {
    return RefusalOf(Judge(message).status());
  }
  void See(const v1::Plan& message) { MoveSeen(state_, *root_, authority_.Verified(message)); }

  TestAuthority authority_;
  Verified<Root> root_ = authority_.VerifiedRoot();
  TrustedState state_;
};

// R4.
TEST_F(PlanSeenTest, EachStreamHasOneLineOfNumbers) {
  EXPECT_THAT(Judge(Message(61)), IsOkAndHolds(PlanPlace::kNewest));
  See(Message(61));
  EXPECT_THAT(Judge(Message(61)), IsOkAndHolds(PlanPlace::kNewest));
  EXPECT_THAT(Judge(Message(62)), IsOkAndHolds(PlanPlace::kNewest));
  EXPECT_THAT(Judge(Message(60)), IsOkAndHolds(PlanPlace::kEarlier));
  See(Message(60));
  EXPECT_EQ(state_.stream("main")->seen.numbers.sequence, 61u);
}

TEST_F(PlanSeenTest, ASeventeenthStreamDisplacesThoseThatTheRootDoesNotHave) {
  v1::Root message = authority_.Root();
  message.add_streams()->set_stream("nightly");
  root_ = authority_.VerifiedFirst(message);
  See(Message(61));
  const TrustedStream former = *state_.stream("main");
  while (state_.streams.size() < base::kMaxStreams) {
    state_.streams["former-" + std::string(1, static_cast<char>('a' + state_.streams.size()))] =
        former;
  }
  EXPECT_EQ(state_.streams_forgotten, std::nullopt) << "there was room";

  v1::Plan nightly = Message(1);
  nightly.set_stream("nightly");
  ASSERT_EQ(Code(nightly), std::nullopt);
  See(nightly);

  EXPECT_EQ(state_.streams.size(), 2u);
  EXPECT_NE(state_.stream("main"), nullptr);
  EXPECT_NE(state_.stream("nightly"), nullptr);
  EXPECT_EQ(state_.streams_forgotten, root_->head().issued);
  EXPECT_TRUE(SerializeTrustedState(state_).ok());
}

TEST_F(PlanSeenTest, AForgottenStreamThatComesBackDoesNotBringItsOldPlansBack) {
  See(Message(60));
  state_.streams["main"].seen.numbers.sequence = 59;
  const auto issued = absl::FromUnixMillis(Message(61).issued_ms());
  state_.streams_forgotten = issued + absl::Milliseconds(1);
  EXPECT_EQ(Code(Message(61)), std::nullopt) << "what was seen of this one is known";

  state_.streams.clear();
  EXPECT_EQ(Code(Message(61)), v1::Refusal::BELOW_SEEN);
  state_.streams_forgotten = issued;
  EXPECT_EQ(Code(Message(61)), std::nullopt);
}

TEST_F(PlanSeenTest, OneNumberWithTwoContentsIsEquivocation) {
  See(Message(61));
  v1::Plan other = Message(61);
  other.set_name("other");
  EXPECT_EQ(Code(other), v1::Refusal::EQUIVOCATION);
}

TEST_F(PlanSeenTest, TheSameRolloutKeepsSeedFirstIssueAndTargets) {  // R7
  See(Message(61));
  EXPECT_THAT(Judge(Resigned(62)), IsOkAndHolds(PlanPlace::kNewest));
  v1::Plan seed = Resigned(62);
  seed.mutable_cohort_seed()->at(0) ^= 1;
  EXPECT_EQ(Code(seed), v1::Refusal::EQUIVOCATION);
  v1::Plan target = Resigned(62);
  target.mutable_items(0)->mutable_manifest_digest()->at(0) ^= 1;
  EXPECT_EQ(Code(target), v1::Refusal::EQUIVOCATION);
  v1::Plan first = Resigned(62);
  first.set_first_issued_ms(first.first_issued_ms() - 1);
  EXPECT_EQ(Code(first), v1::Refusal::EQUIVOCATION);
  v1::Plan waves = Resigned(62);
  waves.mutable_waves(0)->set_hi_ppm(500'000);
  EXPECT_EQ(Code(waves), std::nullopt);
  v1::Plan another_rollout = seed;
  another_rollout.set_rollout(std::string(TestRolloutId(99).bytes()));
  EXPECT_EQ(Code(another_rollout), std::nullopt);
}

TEST_F(PlanSeenTest, TheEpochMustBeTheRoots) {
  v1::Plan plan = Message(61);
  plan.set_epoch(1);
  EXPECT_EQ(Code(plan), v1::Refusal::EPOCH);
}

TEST_F(PlanSeenTest, StreamAndProductsMustBeTheRoots) {
  v1::Plan stream = Message(61);
  stream.set_stream("nightly");
  EXPECT_EQ(Code(stream), v1::Refusal::NOT_IN_ROOT);
  v1::Plan product = Message(61);
  product.mutable_items(0)->set_product("browser");
  EXPECT_EQ(Code(product), v1::Refusal::NOT_IN_ROOT);
}

TEST_F(PlanSeenTest, ABaseIsTheOneThatTheNewestNames) {
  const auto old_base = authority_.Verified(Message(59));
  const auto base = authority_.Verified(Message(60));
  v1::Plan message = Message(61);
  message.set_base(std::string(base.digest().bytes()));
  const auto newest = authority_.Verified(message);
  const auto code = [&](const Verified<Plan>& b) { return RefusalOf(JudgeBase(newest, b)); };
  EXPECT_EQ(code(base), std::nullopt);
  EXPECT_EQ(code(old_base), v1::Refusal::BASE);
  EXPECT_EQ(RefusalOf(JudgeBase(base, old_base)), v1::Refusal::BASE) << "none is named";
}

TEST_F(PlanSeenTest, ABaseOfAnotherStreamOrOfAHigherNumberIsNone) {
  v1::Plan elsewhere = Message(60);
  elsewhere.set_stream("nightly");
  for (const v1::Plan& base_message : {elsewhere, Message(62)}) {
    const auto base = authority_.Verified(base_message);
    v1::Plan message = Message(61);
    message.set_base(std::string(base.digest().bytes()));
    EXPECT_EQ(RefusalOf(JudgeBase(authority_.Verified(message), base)), v1::Refusal::BASE);
  }
}

TEST_F(PlanSeenTest, RetryEndsMarksOfEarlierPlansOnly) {
  const base::Digest bad = TestDigest("bad release");
  v1::Plan message = Message(62);
  message.add_retry(std::string(bad.bytes()));
  const auto plan = authority_.Verified(message);
  TrustedProduct& product = state_.products["agent"];
  MarkBad(product, {bad, v1::Refusal::EXIT, plan->head().issued});
  MarkBad(product, {TestDigest("another"), v1::Refusal::EXIT, std::nullopt});
  ClearRetried(state_, plan);
  EXPECT_NE(FindBad(product, bad), nullptr) << "it failed under this very plan";
  MarkBad(product, {bad, v1::Refusal::EXIT, plan->head().issued - absl::Milliseconds(1)});
  ClearRetried(state_, plan);
  EXPECT_EQ(FindBad(product, bad), nullptr);
  EXPECT_NE(FindBad(product, TestDigest("another")), nullptr);
}

}  // namespace
}  // namespace mig::trust
