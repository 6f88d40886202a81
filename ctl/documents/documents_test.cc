// From keys to a signed plan, as three holders, two release signers and two rollout signers do it,
// verified by the code that a loader has.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/posix_file_system.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "ctl/documents/make_plan.h"
#include "ctl/documents/make_release.h"
#include "ctl/documents/make_root.h"
#include "ctl/documents/plan_file.h"
#include "ctl/documents/testing/ceremony.h"
#include "rollout/checked_manifest.h"
#include "rollout/checked_plan.h"
#include "trust/refusal.h"
#include "trust/verified.h"

namespace mig::ctl {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::StatusIs;
using ::mig::ctl::testing::CeremonyRoot;
using ::mig::ctl::testing::CeremonySpec;
using ::mig::ctl::testing::CeremonyTime;
using ::mig::ctl::testing::Signed;
using ::testing::HasSubstr;

class DocumentsTest : public ::testing::Test {
 protected:
  DocumentsTest() : random_(base::testing::Seed(7)), files_(disk_, NewDirectory()) {
    EXPECT_THAT(files_.WriteNew("agent", "the agent's program", 0755), IsOk());
    EXPECT_THAT(files_.WriteNew("agent.cfg", "its configuration", 0644), IsOk());
  }
  static std::string NewDirectory() {
    std::string pattern = absl::StrCat(std::getenv("TEST_TMPDIR"), "/documentsXXXXXX");
    return mkdtemp(pattern.data());
  }

  ReleaseSpec Release(uint64_t sequence) {
    ReleaseSpec spec;
    spec.product = "agent";
    spec.version = absl::StrCat("4.", sequence);
    spec.sequence = sequence;
    spec.issued = CeremonyTime() + absl::Hours(1);
    spec.variants = {{"", {{"configuration", "agent.cfg"}, {"agent", "agent"}}}};
    return spec;
  }

  trust::Verified<trust::Manifest> SignedRelease(uint64_t sequence) {
    auto made = MakeRelease(Release(sequence), *root_, files_);
    MIG_CHECK(made.ok()) << made.status();
    auto verified =
        trust::Verify<trust::Manifest>(Signed(made->envelope, {"r1", "r2"}).Serialize(), root_);
    MIG_CHECK(verified.ok()) << verified.status();
    return *std::move(verified);
  }

  PlanLookups Lookups() {
    PlanLookups lookups;
    lookups.release = [this](const std::string&,
                             const std::string& version) -> absl::StatusOr<base::Digest> {
      if (version != "4.1") return absl::NotFoundError("no such release");
      return SignedRelease(1).digest();
    };
    lookups.host = [](const std::string&) -> absl::StatusOr<trust::HostId> {
      return absl::NotFoundError("no such host");
    };
    return lookups;
  }

  absl::StatusOr<MadePlan> Plan(const std::string& text, PlanFacts facts) {
    const auto file = ReadPlanFile(text, "plan.toml");
    if (!file.ok()) return file.status();
    facts.now = facts.now == absl::Time() ? CeremonyTime() + absl::Hours(2) : facts.now;
    facts.sequence = facts.sequence == 0 ? 1 : facts.sequence;
    return MakePlan(*file, facts, *root_, Lookups(), random_);
  }
  static std::string PlanText(const std::string& more, const std::string& wave = "to = \"50%\"\n") {
    return absl::StrCat("name = \"agent-4.1\"\n", more,
                        "[[item]]\nproduct = \"agent\"\nrelease = \"4.1\"\n[[wave]]\n", wave);
  }

  base::PosixFileSystem disk_;
  base::testing::SeededRandom random_;
  LocalFiles files_;
  trust::Verified<trust::Root> root_ = CeremonyRoot();
};

TEST_F(DocumentsTest, ARootThatWasMadeVerifiesWithItsThresholdAndNotBelow) {
  const auto root = MakeRoot(CeremonySpec());
  ASSERT_THAT(root, IsOk());
  EXPECT_THAT(trust::VerifyFirstRoot(Signed(*root, {"ana-root"}).Serialize()),
              StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(trust::VerifyFirstRoot(Signed(*root, {"ana-root", "cy-root"}).Serialize()), IsOk());
}

TEST_F(DocumentsTest, ASuccessorKeepsAllThatWasNotSaidAndFollows) {
  RootSpec spec = SuccessorSpec(*root_);
  spec.issued = CeremonyTime() + absl::Hours(24);
  spec.expires = spec.issued + absl::Hours(24 * 365);
  spec.products[0].floor = 3;
  const auto next = MakeRoot(spec);
  ASSERT_THAT(next, IsOk());
  const auto verified =
      trust::VerifyNextRoot(Signed(*next, {"bo-root", "cy-root"}).Serialize(), root_);
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ((*verified)->version(), 2u);
  EXPECT_EQ((*verified)->product("agent")->floor, 3u);
  EXPECT_EQ((*verified)->role(trust::RoleKind::kRollout).emergency_threshold, 3u);
}

TEST_F(DocumentsTest, AReleaseVerifiesAndItsFiltersAreCanonical) {
  ReleaseSpec spec = Release(1);
  spec.variants = {{"os=\"linux\"   and arch=\"x86_64\"", {{"agent", "agent"}}},
                   {"", {{"agent", "agent.cfg"}}}};
  const auto made = MakeRelease(spec, *root_, files_);
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->manifest.variants()[0].filter, "os = \"linux\" AND arch = \"x86_64\"");
  EXPECT_EQ(made->contents.size(), 2u);
  auto verified =
      trust::Verify<trust::Manifest>(Signed(made->envelope, {"r1", "r2"}).Serialize(), root_);
  ASSERT_THAT(verified, IsOk());
  EXPECT_THAT(rollout::CheckedManifest::Make(*std::move(verified)), IsOk());
}

TEST_F(DocumentsTest, WhatIsWrongWithAReleaseNamesIt) {
  const auto wrong = [&](auto change) {
    ReleaseSpec spec = Release(1);
    change(spec);
    return MakeRelease(spec, *root_, files_).status();
  };
  EXPECT_THAT(wrong([](auto& s) { s.product = "other"; }),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("other")));
  EXPECT_THAT(wrong([](auto& s) { s.variants.clear(); }),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("COMPONENT=FILE")));
  EXPECT_THAT(wrong([](auto& s) { s.variants[0].files[0].path = "missing"; }),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("missing")));
  EXPECT_THAT(wrong([](auto& s) { s.variants[0].files[0].component = "../etc"; }),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("../etc")));
  EXPECT_THAT(wrong([](auto& s) { s.variants[0].files[0].component = "agent"; }),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("twice")));
  EXPECT_THAT(wrong([](auto& s) { s.variants[0].filter = "kernel ~ 6"; }),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("variant 0")));
  EXPECT_THAT(wrong([](auto& s) { s.variants[0].filter = "hostname = \"a\""; }),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("hostname")));
  EXPECT_THAT(wrong([](auto& s) { s.confidential = {"key"}; }),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("key")));
}

TEST_F(DocumentsTest, AComponentThatIsLostWithoutBeingRetiredIsRefused) {
  const auto last = SignedRelease(1);
  ReleaseSpec spec = Release(2);
  spec.variants[0].files.erase(spec.variants[0].files.begin());
  const auto without = MakeRelease(spec, *root_, files_);
  ASSERT_THAT(without, IsOk());
  EXPECT_THAT(CheckNothingIsLost(*last, without->manifest),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--retire configuration")));
  spec.retired = {"configuration"};
  const auto retired = MakeRelease(spec, *root_, files_);
  ASSERT_THAT(retired, IsOk());
  EXPECT_THAT(CheckNothingIsLost(*last, retired->manifest), IsOk());
}

TEST_F(DocumentsTest, APlanVerifiesAndKeepsTheRules) {
  const auto made = Plan(PlanText("filter = 'os=\"linux\"'\n",
                                  "to = \"25%\"\n[[wave]]\nto = \"100%\"\nramp = \"8h\"\n"),
                         {});
  ASSERT_THAT(made, IsOk());
  const auto verified =
      trust::Verify<trust::Plan>(Signed(made->envelope, {"o1", "o3"}).Serialize(), root_);
  ASSERT_THAT(verified, IsOk());
  EXPECT_THAT(rollout::CheckedPlan::Make(*verified, *root_), IsOk());
  const trust::Plan& plan = made->plan;
  EXPECT_EQ(plan.filter(), "os = \"linux\"");
  EXPECT_EQ(plan.waves()[1].lo_ppm, 250'000u);
  EXPECT_EQ(plan.waves()[1].not_before, plan.waves()[0].not_before + absl::Hours(1));
  EXPECT_TRUE(plan.baseline_until().has_value());
}

TEST_F(DocumentsTest, EachNewRolloutHasItsOwnIdAndSeedAndASignedAgainOneKeepsThem) {
  const auto first = Plan(PlanText(""), {});
  const auto other = Plan(PlanText(""), {});
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(other, IsOk());
  EXPECT_NE(first->plan.rollout(), other->plan.rollout());
  EXPECT_NE(first->plan.cohort_seed(), other->plan.cohort_seed());

  PlanFacts facts;
  facts.now = CeremonyTime() + absl::Hours(5);
  facts.sequence = 2;
  facts.before = &first->plan;
  const auto again = Plan(PlanText(""), facts);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->plan.rollout(), first->plan.rollout());
  EXPECT_EQ(again->plan.RolloutBinding(), first->plan.RolloutBinding());
  EXPECT_EQ(again->plan.first_issued(), first->plan.first_issued());
  EXPECT_EQ(again->plan.waves()[0].not_before, first->plan.waves()[0].not_before);
}

TEST_F(DocumentsTest, ALiftedHoldOpensNoEarlierThanNow) {
  const std::string held = "to = \"50%\"\nhold = true\n";
  const auto first = Plan(PlanText("", held), {});
  ASSERT_THAT(first, IsOk());
  EXPECT_FALSE(first->plan.baseline_until().has_value());
  PlanFacts facts;
  facts.now = CeremonyTime() + absl::Hours(5);
  facts.sequence = 2;
  facts.before = &first->plan;
  EXPECT_THAT(Plan(PlanText(""), facts),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("hold")));
  EXPECT_THAT(Plan(PlanText("", "to = \"50%\"\nopens = \"+4h\"\n"), facts), IsOk());
}

TEST_F(DocumentsTest, PlansThatBreakARuleAreRefusedBeforeAnybodySigns) {
  const auto code = [&](const std::string& text) {
    const auto made = Plan(text, {});
    return trust::RefusalOf(made.status()).value_or(v1::Refusal::NONE);
  };
  EXPECT_EQ(code(PlanText("stream = \"other\"\n")), v1::Refusal::NOT_IN_ROOT);
  EXPECT_EQ(code(PlanText("", "to = \"80%\"\n")), v1::Refusal::PLAN_RULES);
  EXPECT_EQ(code(PlanText("expires = \"+40d\"\n")), v1::Refusal::PLAN_RULES);
  EXPECT_EQ(code(PlanText("baseline_until = \"+200d\"\n")), v1::Refusal::PLAN_RULES);
  EXPECT_EQ(code(PlanText("filter = 'release.agent < \"4\"'\n")), v1::Refusal::FILTER);
  EXPECT_EQ(code(PlanText("filter = 'state = \"failed\"'\n")), v1::Refusal::FILTER);
  EXPECT_THAT(Plan(PlanText("base = \"xyz\"\n"), {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("base")));
  EXPECT_THAT(Plan(absl::StrCat(PlanText(""), "[canaries]\nhosts = [\"lap\"]\n"), {}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("lap")));
}

}  // namespace
}  // namespace mig::ctl
