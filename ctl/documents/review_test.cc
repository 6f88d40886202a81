#include "ctl/documents/review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "ctl/documents/make_root.h"
#include "ctl/documents/testing/ceremony.h"
#include "proto/mig/v1/manifest.pb.h"
#include "proto/mig/v1/plan.pb.h"
#include "trust/refusal.h"

namespace mig::ctl {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::StatusIs;
using ::mig::ctl::testing::CeremonyRoot;
using ::mig::ctl::testing::CeremonySpec;
using ::mig::ctl::testing::CeremonyTime;
using ::mig::ctl::testing::KeyNamed;
using ::mig::ctl::testing::Signed;
using ::testing::HasSubstr;

std::string Bytes(const std::string& label) {
  return std::string(base::Sha256().Add(label).Finish().bytes());
}

v1::Manifest Manifest(uint64_t sequence, const std::string& contents) {
  v1::Manifest manifest;
  manifest.set_format(1);
  manifest.set_trust_domain("corp.example");
  manifest.set_issued_ms(absl::ToUnixMillis(CeremonyTime() + absl::Hours(1)));
  manifest.set_product("agent");
  manifest.set_version(absl::StrCat("4.", sequence));
  manifest.set_sequence(sequence);
  v1::Variant& variant = *manifest.add_variants();
  variant.set_filter("os = \"linux\"");
  v1::Component& agent = *variant.add_components();
  agent.set_name("agent");
  agent.set_size_bytes(13'800'000);
  agent.set_sha256(Bytes(contents));
  v1::Component& key = *variant.add_components();
  key.set_name("agentkey");
  key.set_size_bytes(241);
  key.set_sha256(Bytes("key"));
  key.set_confidential(true);
  return manifest;
}

v1::Plan Plan(uint64_t sequence, const std::string& target) {
  v1::Plan plan;
  plan.set_format(1);
  plan.set_trust_domain("corp.example");
  const int64_t issued = absl::ToUnixMillis(CeremonyTime() + absl::Hours(2));
  plan.set_issued_ms(issued);
  plan.set_name(absl::StrCat("agent-4.", sequence));
  plan.set_stream("main");
  plan.set_sequence(sequence);
  plan.set_rollout(Bytes(absl::StrCat("rollout", sequence)).substr(0, 16));
  plan.set_cohort_seed(Bytes(absl::StrCat("seed", sequence)));
  plan.set_first_issued_ms(issued);
  plan.set_filter("os = \"linux\"");
  plan.mutable_window()->set_days(31);
  plan.mutable_window()->set_start_minute(8 * 60 + 30);
  plan.mutable_window()->set_length_minutes(600);
  v1::PlanItem& item = *plan.add_items();
  item.set_product("agent");
  item.set_manifest_digest(target);
  plan.mutable_canaries()->add_host_ids(Bytes("host"));
  plan.mutable_canaries()->set_not_before_ms(issued);
  v1::Wave& wave = *plan.add_waves();
  wave.set_hi_ppm(sequence == 1 ? 20'000 : 30'000);
  wave.set_name("early");
  wave.set_not_before_ms(issued + 3'600'000);
  wave.set_ramp_ms(8 * 3'600'000);
  wave.set_soak_ms(24 * 3'600'000);
  plan.set_expires_ms(issued + int64_t{14} * 86'400'000);
  return plan;
}

trust::Envelope Unsigned(trust::DocumentType type, const google::protobuf::Message& message) {
  auto envelope = trust::Envelope::Unsigned(type, message.SerializeAsString());
  MIG_CHECK(envelope.ok());
  return *std::move(envelope);
}

class ReviewTest : public ::testing::Test {
 protected:
  ReviewTest() { context_.root = &root_; }

  trust::Verified<trust::Manifest> SignedManifest(const v1::Manifest& manifest) {
    auto verified = trust::Verify<trust::Manifest>(
        Signed(Unsigned(trust::DocumentType::kManifest, manifest), {"r1", "r2"}).Serialize(),
        root_);
    MIG_CHECK(verified.ok()) << verified.status();
    return *std::move(verified);
  }
  trust::Verified<trust::Plan> SignedPlan(const v1::Plan& plan) {
    auto verified = trust::Verify<trust::Plan>(
        Signed(Unsigned(trust::DocumentType::kPlan, plan), {"o1", "o2"}).Serialize(), root_);
    MIG_CHECK(verified.ok()) << verified.status();
    return *std::move(verified);
  }

  trust::Verified<trust::Root> root_ = CeremonyRoot();
  ReviewContext context_;
};

// With MIG_WRITE_GOLDEN=DIR the screen is written there instead, to be looked at and kept.
void ExpectGolden(const std::string& name, const std::string& screen) {
  if (const char* const directory = std::getenv("MIG_WRITE_GOLDEN"); directory != nullptr) {
    std::ofstream(absl::StrCat(directory, "/", name)) << screen;
    return;
  }
  std::ifstream file(absl::StrCat("ctl/documents/testdata/", name));
  std::ostringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(screen, golden.str()) << name;
}

TEST_F(ReviewTest, GoldenScreenOfAFirstRoot) {
  const auto root = MakeRoot(CeremonySpec());
  ASSERT_THAT(root, IsOk());
  const auto review = ReviewForSigning(*root, ReviewContext{});
  ASSERT_THAT(review, IsOk());
  EXPECT_EQ(review->confirmation, root->digest().ToHex().substr(0, 8));
  ExpectGolden("first_root.txt", review->screen);
}

TEST_F(ReviewTest, GoldenScreenOfASuccessor) {
  RootSpec spec = SuccessorSpec(*root_);
  spec.issued = CeremonyTime() + absl::Hours(24);
  spec.expires = spec.issued + absl::Hours(24 * 365);
  spec.release = testing::RoleOf({"r1", "r3"}, 2);
  spec.products[0].floor = 117;
  const auto root = MakeRoot(spec);
  ASSERT_THAT(root, IsOk());
  const auto review = ReviewForSigning(*root, context_);
  ASSERT_THAT(review, IsOk());
  ExpectGolden("next_root.txt", review->screen);
}

TEST_F(ReviewTest, GoldenScreenOfARelease) {
  const auto last = SignedManifest(Manifest(1, "old"));
  context_.last_manifest = &last;
  v1::Manifest next = Manifest(2, "new");
  next.add_retired("cacert");
  v1::Requirement& requirement = *next.add_requirements();
  requirement.set_product("loader");
  requirement.set_sequence(12);
  const auto review = ReviewForSigning(Unsigned(trust::DocumentType::kManifest, next), context_);
  ASSERT_THAT(review, IsOk());
  ExpectGolden("release.txt", review->screen);
}

TEST_F(ReviewTest, GoldenScreenOfAPlan) {
  const auto release = SignedManifest(Manifest(1, "old"));
  context_.releases[release.digest()] = "agent 4.1 (sequence 1, its 2 signatures verified here)";
  const std::string target(release.digest().bytes());
  const auto last = SignedPlan(Plan(1, target));
  context_.last_plan = &last;
  const auto review =
      ReviewForSigning(Unsigned(trust::DocumentType::kPlan, Plan(2, target)), context_);
  ASSERT_THAT(review, IsOk());
  EXPECT_EQ(review->confirmation, "agent-4.2");
  ExpectGolden("plan.txt", review->screen);
}

// Promise 1.
TEST_F(ReviewTest, APlanWhoseReleaseDoesNotVerifyHereIsNotSigned) {
  EXPECT_THAT(
      ReviewForSigning(Unsigned(trust::DocumentType::kPlan, Plan(1, Bytes("stranger"))), context_),
      StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("does not verify here")));
}

TEST_F(ReviewTest, WhatIsBelowOrEqualToTheLastTrustedOneIsNotSigned) {
  const auto last = SignedManifest(Manifest(5, "trusted"));
  context_.last_manifest = &last;
  const auto code = [&](const v1::Manifest& manifest) {
    return trust::RefusalOf(
        ReviewForSigning(Unsigned(trust::DocumentType::kManifest, manifest), context_).status());
  };
  EXPECT_EQ(code(Manifest(4, "older")), v1::Refusal::BELOW_SEEN);
  EXPECT_EQ(code(Manifest(5, "another")), v1::Refusal::EQUIVOCATION);
  EXPECT_EQ(code(Manifest(6, "next")), std::nullopt);
}

TEST_F(ReviewTest, DocumentsOfAnotherDomainOrProductAreNotSigned) {
  v1::Manifest manifest = Manifest(1, "x");
  manifest.set_trust_domain("other.example");
  EXPECT_EQ(
      trust::RefusalOf(
          ReviewForSigning(Unsigned(trust::DocumentType::kManifest, manifest), context_).status()),
      v1::Refusal::TRUST_DOMAIN);
  manifest = Manifest(1, "x");
  manifest.set_product("stranger");
  EXPECT_EQ(
      trust::RefusalOf(
          ReviewForSigning(Unsigned(trust::DocumentType::kManifest, manifest), context_).status()),
      v1::Refusal::NOT_IN_ROOT);
}

TEST_F(ReviewTest, WithoutATrustedRootNothingButAFirstRootIsSigned) {
  EXPECT_THAT(
      ReviewForSigning(Unsigned(trust::DocumentType::kManifest, Manifest(1, "x")), ReviewContext{}),
      StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("--root")));
}

TEST_F(ReviewTest, AKeyOfAnotherRoleSignsNothing) {
  const trust::Envelope release = Unsigned(trust::DocumentType::kManifest, Manifest(1, "x"));
  EXPECT_THAT(SignWith(release, KeyNamed("o1"), context_),
              StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("release keys")));
  EXPECT_THAT(SignWith(release, KeyNamed("r1"), context_), IsOk());
}

TEST_F(ReviewTest, CountsKeysOfTheRoleOnly) {
  const trust::Envelope release = Unsigned(trust::DocumentType::kManifest, Manifest(1, "x"));
  const auto one = CountSignatures(Signed(release, {"r1", "r1", "o1", "ana-root"}), context_);
  ASSERT_THAT(one, IsOk());
  EXPECT_EQ(one->Words(), "1 of 2 (r1)");
  EXPECT_FALSE(one->is_complete);
  const auto two = CountSignatures(Signed(release, {"r2", "r1"}), context_);
  ASSERT_THAT(two, IsOk());
  EXPECT_EQ(two->Words(), "2 of 2 (r1 r2)");
  EXPECT_TRUE(two->is_complete);
}

TEST_F(ReviewTest, AnEmergencyPlanNeedsTheEmergencyThreshold) {
  v1::Plan plan = Plan(1, Bytes("x"));
  plan.set_emergency(true);
  const auto count =
      CountSignatures(Signed(Unsigned(trust::DocumentType::kPlan, plan), {"o1", "o2"}), context_);
  ASSERT_THAT(count, IsOk());
  EXPECT_EQ(count->threshold, 3u);
  EXPECT_FALSE(count->is_complete);
}

TEST_F(ReviewTest, ASuccessorIsCompleteOnlyWithTheFormerThresholdToo) {
  RootSpec spec = SuccessorSpec(*root_);
  spec.issued = CeremonyTime() + absl::Hours(24);
  spec.expires = spec.issued + absl::Hours(24);
  spec.root = testing::RoleOf({"dy-root", "ey-root"}, 2);
  const auto root = MakeRoot(spec);
  ASSERT_THAT(root, IsOk());
  EXPECT_THAT(SignWith(*root, KeyNamed("ana-root"), context_), IsOk());
  EXPECT_THAT(SignWith(*root, KeyNamed("stranger"), context_),
              StatusIs(absl::StatusCode::kPermissionDenied));
  const auto own = CountSignatures(Signed(*root, {"dy-root", "ey-root"}), context_);
  ASSERT_THAT(own, IsOk());
  EXPECT_FALSE(own->is_complete);
  const auto both =
      CountSignatures(Signed(*root, {"dy-root", "ey-root", "ana-root", "cy-root"}), context_);
  ASSERT_THAT(both, IsOk());
  EXPECT_TRUE(both->is_complete);
}

}  // namespace
}  // namespace mig::ctl
