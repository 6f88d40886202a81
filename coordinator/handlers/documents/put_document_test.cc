// Documents at the door: what a loader would refuse does not come in.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/sha256.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "coordinator/handlers/testing/test_host.h"
#include "trust/envelope.h"
#include "trust/refusal.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::testing::Contains;
using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;
using ::testing::SizeIs;
using trust::DocumentType;
using trust::RoleKind;

class PutDocumentTest : public ::testing::Test {
 protected:
  PutDocumentTest() { clock_.Advance(absl::Hours(4)); }

  const trust::testing::TestAuthority& authority() { return coordinator_.authority(); }
  absl::StatusOr<v1::DocumentInfo> Put(absl::string_view envelope) {
    v1::PutDocumentRequest request;
    request.set_envelope(std::string(envelope));
    return coordinator_.Wait<v1::DocumentInfo>([&](Done<v1::DocumentInfo> done) {
      coordinator_.coordinator().documents().PutDocument(coordinator_.admin(), request,
                                                         std::move(done));
    });
  }
  std::optional<v1::Refusal::Code> PutCode(absl::string_view envelope) {
    return trust::RefusalOf(Put(envelope).status());
  }
  v1::Manifest ManifestOf(uint64_t sequence) {
    return authority().Manifest("agent", sequence, {{"agent", absl::StrCat(sequence)}});
  }
  v1::Plan PlanOf(uint64_t sequence) {
    const auto release = coordinator_.Publish("agent", 1, {{"agent", "1"}});  // ManifestOf(1)
    return authority().Plan(sequence, "agent", release.digest());
  }
  std::string SignedBy(const v1::Manifest& manifest, size_t signers) {
    return authority().SignPayload(DocumentType::kManifest, manifest.SerializeAsString(),
                                   RoleKind::kRelease, signers);
  }

  base::testing::ManualClock clock_{trust::testing::TestEpoch()};
  InProcessCoordinator coordinator_{clock_};
};

// --- Signatures

TEST_F(PutDocumentTest, ASignedReleaseIsComplete) {
  const auto info = Put(authority().Sign(ManifestOf(1)));
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->refusal().code(), v1::Refusal::NONE);
  EXPECT_EQ(info->name(), "agent@1.1");
}

TEST_F(PutDocumentTest, AnUnsignedReleaseWaitsForItsSigners) {
  const auto info = Put(SignedBy(ManifestOf(1), 0));
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->refusal().code(), v1::Refusal::SIGNATURES);
  EXPECT_EQ(info->threshold(), 2);
}

TEST_F(PutDocumentTest, SignaturesOfTheSamePayloadAreUnited) {
  const v1::Manifest manifest = ManifestOf(1);
  auto first = trust::Envelope::Unsigned(DocumentType::kManifest, manifest.SerializeAsString());
  auto second = first;
  ASSERT_THAT(first->Sign(authority().keys(RoleKind::kRelease)[0].key), IsOk());
  ASSERT_THAT(second->Sign(authority().keys(RoleKind::kRelease)[2].key), IsOk());

  ASSERT_THAT(Put(first->Serialize()), IsOk());
  const auto info = Put(second->Serialize());

  EXPECT_EQ(info->signature_count(), 2);
  EXPECT_EQ(info->refusal().code(), v1::Refusal::NONE);
}

TEST_F(PutDocumentTest, OneKeyTwiceCountsOnce) {
  const v1::Manifest manifest = ManifestOf(1);
  ASSERT_THAT(Put(SignedBy(manifest, 1)), IsOk());
  const auto info = Put(SignedBy(manifest, 1));
  EXPECT_EQ(info->signature_count(), 1);
}

// Promise 1.
TEST_F(PutDocumentTest, SignaturesOfTheOnlineKeyCountNothing) {
  const std::string envelope = authority().SignPayload(
      DocumentType::kManifest, ManifestOf(1).SerializeAsString(), RoleKind::kOnline, 1);
  EXPECT_EQ(Put(envelope)->signature_count(), 0);
}

TEST_F(PutDocumentTest, StrangersSignaturesTakeNoPlace) {
  const trust::testing::TestAuthority strangers({.release = {16, 16}, .key_set = 7});
  const std::string payload = ManifestOf(1).SerializeAsString();
  const std::string full =
      strangers.SignPayload(DocumentType::kManifest, payload, RoleKind::kRelease, 16);
  ASSERT_THAT(Put(full), IsOk());
  EXPECT_EQ(Put(SignedBy(ManifestOf(1), 2))->refusal().code(), v1::Refusal::NONE);
}

TEST_F(PutDocumentTest, WhatWaitsIsListedForTheKeyThatMaySignIt) {
  ASSERT_THAT(Put(SignedBy(ManifestOf(1), 1)), IsOk());
  const auto waiting_for = [&](size_t key) {
    v1::ListDocumentsRequest request;
    request.set_waiting_for_key_id(
        std::string(authority().keys(RoleKind::kRelease)[key].key.public_key().id().bytes()));
    return coordinator_
        .Wait<v1::ListDocumentsAnswer>([&](Done<v1::ListDocumentsAnswer> done) {
          coordinator_.coordinator().documents().ListDocuments(coordinator_.admin(), request,
                                                               std::move(done));
        })
        ->documents_size();
  };
  EXPECT_EQ(waiting_for(0), 0);  // has signed
  EXPECT_EQ(waiting_for(1), 1);
}

// --- Releases

TEST_F(PutDocumentTest, AReleaseOfAnUnknownProductIsRefused) {
  v1::Manifest manifest = ManifestOf(1);
  manifest.set_product("other");
  EXPECT_THAT(PutCode(authority().Sign(manifest)), Optional(Eq(v1::Refusal::NOT_IN_ROOT)));
}

TEST_F(PutDocumentTest, TwoReleasesWithOneNumberAreRefused) {
  ASSERT_THAT(Put(authority().Sign(ManifestOf(1))), IsOk());
  v1::Manifest other = ManifestOf(1);
  other.set_version("another");
  EXPECT_THAT(PutCode(authority().Sign(other)), Optional(Eq(v1::Refusal::EQUIVOCATION)));
}

TEST_F(PutDocumentTest, TwoReleasesWithOneVersionAreRefused) {
  ASSERT_THAT(Put(authority().Sign(ManifestOf(1))), IsOk());
  v1::Manifest other = ManifestOf(2);
  other.set_version(ManifestOf(1).version());
  EXPECT_THAT(PutCode(authority().Sign(other)), Optional(Eq(v1::Refusal::EXISTS)));
}

TEST_F(PutDocumentTest, AFilterThatIsNotCanonicalIsRefused) {
  v1::Manifest manifest = ManifestOf(1);
  manifest.mutable_variants(0)->set_filter("os=\"linux\"");
  EXPECT_THAT(PutCode(authority().Sign(manifest)), Optional(Eq(v1::Refusal::FILTER)));
}

TEST_F(PutDocumentTest, AnotherTrustDomainIsRefused) {
  v1::Manifest manifest = ManifestOf(1);
  manifest.set_trust_domain("other.example");
  EXPECT_THAT(PutCode(authority().Sign(manifest)), Optional(Eq(v1::Refusal::TRUST_DOMAIN)));
}

TEST_F(PutDocumentTest, AnAssignmentIsNotUploaded) {
  EXPECT_THAT(PutCode(authority().Sign(authority().Assignment(
                  trust::testing::TestHostId(1), trust::testing::TestNonce(1), clock_.WallNow()))),
              Optional(Eq(v1::Refusal::PAYLOAD_TYPE)));
}

// --- Plans

TEST_F(PutDocumentTest, APlanForAReleaseThatIsNotHereIsRefused) {
  const v1::Plan plan = authority().Plan(1, "agent", trust::testing::TestDigest("never published"));
  EXPECT_THAT(PutCode(authority().Sign(plan)), Optional(Eq(v1::Refusal::MISSING_DOCUMENT)));
}

TEST_F(PutDocumentTest, ASignedPlanForAnUnderSignedReleaseIsRefused) {
  const v1::Manifest manifest = ManifestOf(1);
  ASSERT_THAT(Put(SignedBy(manifest, 1)), IsOk());
  const v1::Plan plan = authority().Plan(1, "agent", base::Sha256Of(manifest.SerializeAsString()));
  EXPECT_THAT(PutCode(authority().Sign(plan)), Optional(Eq(v1::Refusal::MISSING_DOCUMENT)));
}

TEST_F(PutDocumentTest, APlanThatIsOverIsRefused) {
  const v1::Plan plan = PlanOf(1);
  clock_.Advance(absl::Hours(24 * 100));
  EXPECT_THAT(PutCode(authority().Sign(plan)), Optional(Eq(v1::Refusal::EXPIRED)));
}

// Promise 2.
TEST_F(PutDocumentTest, APlanThatBreaksTheRootsRulesIsRefused) {
  v1::Plan plan = PlanOf(1);
  v1::Wave second = plan.waves(0);
  second.set_not_before_ms(second.not_before_ms() + 1);  // no soak between them
  *plan.add_waves() = second;
  EXPECT_THAT(PutCode(authority().Sign(plan)), Optional(Eq(v1::Refusal::PLAN_RULES)));
}

// Promise 2.
TEST_F(PutDocumentTest, AnUnsignedPlanThatBreaksTheRulesDoesNotEvenWait) {
  v1::Plan plan = PlanOf(1);
  plan.mutable_waves(0)->set_filter("kernel>=6");
  EXPECT_THAT(PutCode(authority().SignPayload(DocumentType::kPlan, plan.SerializeAsString(),
                                              RoleKind::kRollout, 0)),
              Optional(Eq(v1::Refusal::FILTER)));
}

TEST_F(PutDocumentTest, APlanBelowItsStreamIsRefused) {
  ASSERT_THAT(Put(authority().Sign(PlanOf(5))), IsOk());
  EXPECT_THAT(PutCode(authority().Sign(PlanOf(4))), Optional(Eq(v1::Refusal::BELOW_SEEN)));
}

TEST_F(PutDocumentTest, TwoPlansWithOneNumberAreRefused) {
  const v1::Plan plan = PlanOf(5);
  ASSERT_THAT(Put(authority().Sign(plan)), IsOk());
  v1::Plan other = plan;
  other.set_priority(9);
  EXPECT_THAT(PutCode(authority().Sign(other)), Optional(Eq(v1::Refusal::EQUIVOCATION)));
}

TEST_F(PutDocumentTest, ARolloutWithAnotherSeedIsRefused) {
  v1::Plan plan = PlanOf(5);
  ASSERT_THAT(Put(authority().Sign(plan)), IsOk());
  plan.set_sequence(6);
  plan.set_cohort_seed(std::string(32, 's'));
  EXPECT_THAT(PutCode(authority().Sign(plan)), Optional(Eq(v1::Refusal::EQUIVOCATION)));
}

TEST_F(PutDocumentTest, ABaseThatIsNotHereIsRefused) {
  v1::Plan plan = PlanOf(5);
  plan.set_base(std::string(32, 'b'));
  EXPECT_THAT(PutCode(authority().Sign(plan)), Optional(Eq(v1::Refusal::BASE)));
}

TEST_F(PutDocumentTest, ALiftedHoldThatOpensInThePastIsRefused) {
  v1::Plan plan = PlanOf(5);
  plan.set_baseline_until_ms(0);
  plan.mutable_waves(0)->set_hold(true);
  ASSERT_THAT(Put(authority().Sign(plan)), IsOk());
  plan.set_sequence(6);
  plan.set_issued_ms(plan.issued_ms() + 60'000);
  plan.mutable_waves(0)->set_hold(false);
  EXPECT_THAT(PutCode(authority().Sign(plan)), Optional(Eq(v1::Refusal::PLAN_RULES)));
}

TEST_F(PutDocumentTest, AReSignedPlanOfARunningRolloutTakesOver) {
  v1::Plan plan = PlanOf(5);
  coordinator_.StartPlan(plan);
  plan.set_sequence(6);
  plan.set_issued_ms(plan.issued_ms() + 60'000);

  ASSERT_THAT(Put(authority().Sign(plan)), IsOk());

  const auto snapshot = coordinator_.coordinator().fleet().snapshot();
  EXPECT_EQ(snapshot->progress(*RolloutId::FromBytes(plan.rollout())).plan,
            base::Sha256Of(plan.SerializeAsString()));
}

TEST_F(PutDocumentTest, AReSignedPlanDoesNotLiftAHalt) {
  v1::Plan plan = PlanOf(5);
  coordinator_.StartPlan(plan);
  coordinator_.Halt(plan.name());
  plan.set_sequence(6);
  plan.set_issued_ms(plan.issued_ms() + 60'000);

  ASSERT_THAT(Put(authority().Sign(plan)), IsOk());

  TestHost host(coordinator_, 1);
  EXPECT_THAT(host.CheckInWholly()->assignment(), IsEmpty());
}

TEST_F(PutDocumentTest, AReSignedPlanOfAHaltedRolloutIsNotShownToHosts) {
  v1::Plan plan = PlanOf(5);
  coordinator_.StartPlan(plan);
  coordinator_.Halt(plan.name());
  plan.set_sequence(6);
  plan.set_issued_ms(plan.issued_ms() + 60'000);
  const std::string envelope = authority().Sign(plan);
  ASSERT_THAT(Put(envelope), IsOk());

  TestHost host(coordinator_, 1);

  EXPECT_THAT(host.CheckInWholly()->documents(), Not(Contains(envelope)));
}

// --- Roots

TEST_F(PutDocumentTest, ASuccessorRootJudgesEverythingAnew) {
  ASSERT_THAT(Put(authority().Sign(ManifestOf(1))), IsOk());
  const trust::testing::TestAuthority others({.key_set = 3});
  v1::Root next = coordinator_.root();
  next.set_version(2);
  *next.mutable_roles() = others.Root().roles();

  ASSERT_THAT(Put(authority().SignSuccessor(next, others)), IsOk());

  const auto snapshot = coordinator_.coordinator().fleet().snapshot();
  EXPECT_EQ(snapshot->root()->version(), 2);
  EXPECT_EQ(snapshot->manifest(base::Sha256Of(ManifestOf(1).SerializeAsString())), nullptr);
}

TEST_F(PutDocumentTest, ARootByTheNewKeysAloneWaits) {
  const trust::testing::TestAuthority others({.key_set = 3});
  v1::Root next = coordinator_.root();
  next.set_version(2);
  *next.mutable_roles() = others.Root().roles();

  ASSERT_THAT(Put(others.Sign(next)), IsOk());

  EXPECT_EQ(coordinator_.coordinator().fleet().snapshot()->root()->version(), 1);
}

TEST_F(PutDocumentTest, RootsAreFollowedAgainAfterARestart) {
  v1::Root next = coordinator_.root();
  next.set_version(2);
  ASSERT_THAT(Put(authority().SignSuccessor(next, authority())), IsOk());

  coordinator_.Restart();

  EXPECT_EQ(coordinator_.coordinator().fleet().snapshot()->root()->version(), 2);
}

TEST_F(PutDocumentTest, ARootThatSkipsAVersionIsRefused) {
  v1::Root next = coordinator_.root();
  next.set_version(3);
  EXPECT_THAT(PutCode(authority().SignSuccessor(next, authority())),
              Optional(Eq(v1::Refusal::ROOT_VERSION)));
}

}  // namespace
}  // namespace mig::coordinator::testing
