#include "trust/verified.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/testing/status_matchers.h"
#include "proto/mig/v1/envelope.pb.h"
#include "trust/refusal.h"
#include "trust/testing/full_documents.h"
#include "trust/testing/test_authority.h"

namespace mig::trust {
namespace {

using base::testing::IsOk;
using base::testing::StatusIs;
using ::mig::trust::testing::SignedFull;
using ::mig::trust::testing::TestAuthority;
using ::mig::trust::testing::TestDigest;
using ::mig::trust::testing::TestHostId;
using ::mig::trust::testing::TestNonce;
using ::mig::trust::testing::TryVerify;
using ::testing::HasSubstr;
using ::testing::SizeIs;

v1::Envelope MessageOf(const std::string& envelope) {
  v1::Envelope message;
  EXPECT_TRUE(message.ParseFromString(envelope));
  return message;
}

TEST(VerifiedTest, EachDocumentVerifiesUnderItsRolesKeys) {
  const TestAuthority authority;
  for (const DocumentType type : kAllDocumentTypes) {
    EXPECT_THAT(TryVerify(authority, type, SignedFull(authority, type)), IsOk()) << type;
  }
}

TEST(VerifiedTest, KeepsTheEnvelopeByteForByteAndNamesTheSigners) {
  const TestAuthority authority;
  const std::string envelope = SignedFull(authority, DocumentType::kManifest);
  const auto manifest = Verify<Manifest>(envelope, authority.VerifiedRoot());
  ASSERT_THAT(manifest, IsOk());
  EXPECT_EQ(manifest->envelope(), envelope);
  EXPECT_EQ(manifest->digest(), base::Digest(TestDigest(MessageOf(envelope).payload())));
  EXPECT_THAT(manifest->signers(), SizeIs(2));
  EXPECT_EQ((*manifest)->product(), "agent");
}

// One function, one table: no document is without a role, a bound or a payload type of its own.
TEST(VerifiedTest, TheTableOfChecksGivesEachDocumentItsOwn) {  // tough CVE-2025-2887, CVE-2026-6967
  std::set<absl::string_view> payload_types;
  std::set<absl::string_view> names;
  for (const DocumentType type : kAllDocumentTypes) {
    const DocumentRules& rules = RulesOf(type);
    EXPECT_EQ(rules.type, type);
    payload_types.insert(rules.payload_type);
    names.insert(rules.name);
    EXPECT_GT(rules.max_payload_bytes, 0u);
    EXPECT_EQ(DocumentTypeOf(rules.payload_type), type);
  }
  EXPECT_THAT(payload_types, SizeIs(kAllDocumentTypes.size()));
  EXPECT_THAT(names, SizeIs(kAllDocumentTypes.size()));
  EXPECT_EQ(RulesOf(DocumentType::kRoot).role, RoleKind::kRoot);
  EXPECT_EQ(RulesOf(DocumentType::kManifest).role, RoleKind::kRelease);
  EXPECT_EQ(RulesOf(DocumentType::kPlan).role, RoleKind::kRollout);
  EXPECT_EQ(RulesOf(DocumentType::kAssignment).role, RoleKind::kOnline);
  EXPECT_EQ(RulesOf(DocumentType::kHead).role, RoleKind::kOnline);
}

TEST(VerifiedTest, AnyTwoDocumentsCannotTakeEachOthersPlace) {  // go-tuf MismatchingRoles
  const TestAuthority authority;
  for (const DocumentType real : kAllDocumentTypes) {
    const std::string envelope = SignedFull(authority, real);
    for (const DocumentType expected : kAllDocumentTypes) {
      if (real == expected) continue;
      EXPECT_EQ(RefusalOf(TryVerify(authority, expected, envelope)), v1::Refusal::PAYLOAD_TYPE)
          << real << " as " << expected;
      // The type on the envelope changed too: then the signatures do not hold.
      v1::Envelope relabelled = MessageOf(envelope);
      relabelled.set_payload_type(std::string(RulesOf(expected).payload_type));
      EXPECT_THAT(TryVerify(authority, expected, relabelled.SerializeAsString()),
                  ::testing::Not(IsOk()))
          << real << " as " << expected;
    }
  }
}

TEST(VerifiedTest, AllSignaturesByAnotherRolesKeysCountForNothing) {
  TestAuthority authority;
  for (const DocumentType type : kAllDocumentTypes) {
    const std::string payload = MessageOf(SignedFull(authority, type)).payload();
    for (const RoleKind role : kAllRoleKinds) {
      const std::string envelope =
          authority.SignPayload(type, payload, role, authority.keys(role).size());
      const absl::Status verdict = TryVerify(authority, type, envelope);
      if (role == RulesOf(type).role) {
        EXPECT_THAT(verdict, IsOk()) << type;
      } else {
        EXPECT_EQ(RefusalOf(verdict), v1::Refusal::SIGNATURES) << type << " by " << role;
      }
    }
  }
}

TEST(VerifiedTest, UnsignedAndBelowThresholdAreRefusedForEachDocument) {
  const TestAuthority authority;
  for (const DocumentType type : kAllDocumentTypes) {
    v1::Envelope message = MessageOf(SignedFull(authority, type));
    message.mutable_signatures()->RemoveLast();
    EXPECT_EQ(RefusalOf(TryVerify(authority, type, message.SerializeAsString())),
              v1::Refusal::SIGNATURES)
        << type;
    message.clear_signatures();
    EXPECT_EQ(RefusalOf(TryVerify(authority, type, message.SerializeAsString())),
              v1::Refusal::SIGNATURES)
        << type;
  }
}

TEST(VerifiedTest, KeysOfAStrangersRootCountForNothing) {
  const TestAuthority authority;
  const TestAuthority stranger({.key_set = 7});
  for (const DocumentType type : kAllDocumentTypes) {
    if (type == DocumentType::kRoot) continue;
    EXPECT_EQ(RefusalOf(TryVerify(authority, type, SignedFull(stranger, type))),
              v1::Refusal::SIGNATURES)
        << type;
  }
}

// R8.
TEST(VerifiedTest, ADocumentOfAnotherTrustDomainIsRefusedThoughTheKeysAreTheSame) {
  const TestAuthority production;
  const TestAuthority staging({.trust_domain = "staging.corp.example"});
  for (const DocumentType type : kAllDocumentTypes) {
    if (type == DocumentType::kRoot) continue;
    EXPECT_EQ(RefusalOf(TryVerify(production, type, SignedFull(staging, type))),
              v1::Refusal::TRUST_DOMAIN)
        << type;
  }
}

TEST(VerifiedTest, ADocumentIssuedWhenTheRootHasExpiredIsRefused) {
  const TestAuthority authority;
  const absl::Time expires = authority.VerifiedRoot()->expires();
  v1::Manifest manifest = authority.Manifest("agent", 1, {{"agent", "a"}});
  manifest.set_issued_ms(absl::ToUnixMillis(expires));
  EXPECT_EQ(
      RefusalOf(Verify<Manifest>(authority.Sign(manifest), authority.VerifiedRoot()).status()),
      v1::Refusal::ISSUED_TIME);
  manifest.set_issued_ms(absl::ToUnixMillis(expires) - 1);
  EXPECT_THAT(Verify<Manifest>(authority.Sign(manifest), authority.VerifiedRoot()), IsOk());
  v1::Assignment assignment = authority.Assignment(TestHostId(1), TestNonce(1), expires);
  *assignment.add_items() = testing::FullAssignment(authority).items(0);
  EXPECT_EQ(
      RefusalOf(Verify<Assignment>(authority.Sign(assignment), authority.VerifiedRoot()).status()),
      v1::Refusal::ISSUED_TIME);
}

// R7.
TEST(VerifiedTest, AnEmergencyPlanNeedsTheEmergencyThreshold) {
  const TestAuthority authority;
  v1::Plan plan = authority.Plan(1, "agent", TestDigest("m"));
  plan.set_emergency(true);
  const std::string two =
      authority.SignPayload(DocumentType::kPlan, plan.SerializeAsString(), RoleKind::kRollout, 2);
  EXPECT_EQ(RefusalOf(Verify<Plan>(two, authority.VerifiedRoot()).status()),
            v1::Refusal::SIGNATURES);
  EXPECT_THAT(Verify<Plan>(authority.Sign(plan), authority.VerifiedRoot()), IsOk());
}

TEST(VerifiedTest, OddButValidEncodingIsAcceptedAndKeptAsItIs) {  // metadata_bytes_match
  const TestAuthority authority;
  std::string payload = authority.Manifest("agent", 1, {{"agent", "a"}}).SerializeAsString();
  payload.append("\xa2\x06\x05other", 8);  // an unknown field
  const std::string format = payload.substr(0, 2);
  payload = payload.substr(2) + std::string("\x08\x81\x80\x00", 4);  // format last, as long varint
  ASSERT_EQ(format, "\x08\x01");
  const std::string envelope =
      authority.SignPayload(DocumentType::kManifest, payload, RoleKind::kRelease, 2);
  const auto manifest = Verify<Manifest>(envelope, authority.VerifiedRoot());
  ASSERT_THAT(manifest, IsOk());
  EXPECT_EQ(manifest->envelope(), envelope);
}

TEST(VerifiedTest, APayloadEncodedAgainWithTheSameMeaningIsRefused) {
  const TestAuthority authority;
  v1::Envelope message = MessageOf(SignedFull(authority, DocumentType::kManifest));
  const std::string payload = message.payload();
  message.set_payload(payload.substr(2) + payload.substr(0, 2));
  EXPECT_EQ(RefusalOf(TryVerify(authority, DocumentType::kManifest, message.SerializeAsString())),
            v1::Refusal::SIGNATURES);
}

TEST(VerifiedTest, CriticalFeaturesAndOtherFormatsAreUnsupported) {
  const TestAuthority authority;
  for (const uint32_t feature : {0u, 1u, 70'000u}) {
    v1::Manifest manifest = authority.Manifest("agent", 1, {{"agent", "a"}});
    manifest.add_critical(feature);
    EXPECT_EQ(
        RefusalOf(Verify<Manifest>(authority.Sign(manifest), authority.VerifiedRoot()).status()),
        v1::Refusal::UNSUPPORTED);
  }
  v1::Plan plan = authority.Plan(1, "agent", TestDigest("m"));
  plan.set_format(2);
  EXPECT_EQ(RefusalOf(Verify<Plan>(authority.Sign(plan), authority.VerifiedRoot()).status()),
            v1::Refusal::UNSUPPORTED);
}

TEST(VerifiedTest, ARefusalNamesDocumentAndField) {
  const TestAuthority authority;
  v1::Manifest manifest = authority.Manifest("agent", 1, {{"agent", "a"}});
  manifest.mutable_variants(0)->mutable_components(0)->set_sha256("short");
  EXPECT_THAT(Verify<Manifest>(authority.Sign(manifest), authority.VerifiedRoot()),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("manifest: variants[0].components[0].sha256")));
}

TEST(VerifiedTest, WhatIsSignableIsWhatWouldVerifyOnceSigned) {
  const TestAuthority authority;
  for (const DocumentType type : kAllDocumentTypes) {
    if (type == DocumentType::kRoot) continue;
    const auto envelope = Envelope::ParseAny(SignedFull(authority, type));
    ASSERT_THAT(envelope, IsOk());
    const auto bare = Envelope::Unsigned(type, envelope->payload());
    EXPECT_THAT(CheckSignable(*bare, authority.VerifiedRoot()), IsOk()) << type;
    EXPECT_EQ(RefusalOf(CheckSignable(
                  *bare, TestAuthority({.trust_domain = "other.example"}).VerifiedRoot())),
              v1::Refusal::TRUST_DOMAIN);
  }
  v1::Root next = authority.Root();
  next.set_version(3);
  EXPECT_EQ(
      RefusalOf(CheckSignable(*Envelope::Unsigned(DocumentType::kRoot, next.SerializeAsString()),
                              authority.VerifiedRoot())),
      v1::Refusal::ROOT_VERSION);
}

}  // namespace
}  // namespace mig::trust
