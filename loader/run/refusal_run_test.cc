// What a hostile or mistaken coordinator offers, and what must be seen then: nothing on disk
// changed, the agent is the same process, a code was reported, and an honest answer converges
// (ADVERSARY 2, P1 to P9).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/sha256.h"
#include "loader/install/staged_file.h"
#include "loader/run/testing/run_test_base.h"

namespace mig::loader {
namespace {

using testing::Contents;
using testing::Files;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using trust::testing::TestAuthority;
using v1::Refusal;

// Each case is seen on a host on which 1.1 runs, and on a fresh one.
class RefusalRunTest : public testing::RunTest, public ::testing::WithParamInterface<bool> {
 protected:
  RefusalRunTest() {
    if (GetParam()) {
      GivenInstalled();
    } else {
      EnrollHost();
    }
    before_ = host_.Managed();
    pid_ = host_.AgentPid();
    starts_ = host_.AgentStarts();
    coordinator_.outcomes.clear();
  }

  // Runs, and sees that the run was refused with `code` and the host left as it was.
  RunResult RunRefused(Refusal::Code code, ExitCode exit = ExitCode::kRefused) {
    const RunResult result = host_.Run();
    EXPECT_EQ(result.exit_code, exit) << result.refusal.DebugString();
    EXPECT_EQ(ManagedButStaged(), before_);
    EXPECT_EQ(host_.AgentPid(), pid_);
    EXPECT_EQ(host_.AgentStarts(), starts_);
    const Refusal& seen =
        result.refusal.code() != Refusal::NONE ? result.refusal : result.products.at(0).refusal;
    EXPECT_EQ(seen.code(), code) << seen.DebugString();
    EXPECT_FALSE(seen.text().empty());
    EXPECT_EQ(ReportedRefusal(), code);
    return result;
  }

  // What came of a content lies beside its target, for a later run (P3).
  Files ManagedButStaged() {
    Files files = host_.Managed();
    std::erase_if(files,
                  [](const auto& file) { return absl::StrContains(file.first, kStagedPrefix); });
    return files;
  }

  // An honest coordinator brings the host to 1.9 in one run, whatever was before.
  void ExpectConverges() {
    coordinator_.change_answer = nullptr;
    coordinator_.change_assignment = nullptr;
    clock_.Advance(absl::Hours(1));
    coordinator_.Roll(9, Release("1.9"));
    EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);
    EXPECT_EQ(host_.Managed(), FilesOf("1.9"));
  }

  Files before_;
  int64_t pid_ = 0;
  int starts_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Hosts, RefusalRunTest, ::testing::Bool(),
                         [](const ::testing::TestParamInfo<bool>& info) {
                           return info.param ? "WithAnAgent" : "Fresh";
                         });

// Promise 1.
TEST_P(RefusalRunTest, AForgedManifest) {
  const base::Digest release = coordinator_.Roll(2, Release("1.2"));
  const TestAuthority thieves({.key_set = 9});
  const v1::Manifest manifest = coordinator_.authority.Manifest("agent", 2, Release("1.2"));
  coordinator_.documents[release] = thieves.Sign(manifest);

  RunRefused(Refusal::SIGNATURES);

  coordinator_.documents.erase(release);
  ExpectConverges();
}

// Promises 1, 2.
TEST_P(RefusalRunTest, AManifestAndAPlanByTheOnlineKey) {
  const base::Digest release = coordinator_.Roll(2, Release("1.2"));
  const v1::Manifest manifest = coordinator_.authority.Manifest("agent", 2, Release("1.2"));
  coordinator_.documents[release] = coordinator_.authority.SignPayload(
      trust::DocumentType::kManifest, manifest.SerializeAsString(), trust::RoleKind::kOnline, 1);

  RunRefused(Refusal::SIGNATURES);

  coordinator_.documents.erase(release);
  ExpectConverges();
}

// Promise 2.
TEST_P(RefusalRunTest, AWaveThatHasNotBegun) {
  const base::Digest release = coordinator_.PublishRelease(2, Release("1.2"));
  const absl::Time opens = clock_.WallNow() + absl::Hours(30);
  const base::Digest plan = coordinator_.PublishPlan(2, release, [&opens](v1::Plan& p) {
    p.mutable_waves(0)->set_not_before_ms(absl::ToUnixMillis(opens));
  });
  coordinator_.assigned["agent"] = {.manifest = release, .plan = plan};

  RunRefused(Refusal::TOO_EARLY, ExitCode::kOk);

  clock_.Advance(absl::Hours(30) - absl::Seconds(1));
  EXPECT_FALSE(host_.Run().changed());
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(host_.Run().products[0].version, "1.2");
}

// Promise 2.
// R2.
TEST_P(RefusalRunTest, ACoordinatorsClockThatIsAheadOpensNoWave) {
  const base::Digest release = coordinator_.PublishRelease(2, Release("1.2"));
  const base::Digest plan = coordinator_.PublishPlan(2, release, [this](v1::Plan& p) {
    p.mutable_waves(0)->set_not_before_ms(absl::ToUnixMillis(clock_.WallNow() + absl::Hours(1)));
  });
  coordinator_.assigned["agent"] = {.manifest = release, .plan = plan};
  coordinator_.change_assignment = [this](v1::Assignment& assignment) {
    assignment.set_issued_ms(absl::ToUnixMillis(clock_.WallNow() + absl::Hours(24 * 100)));
  };

  RunRefused(Refusal::TOO_EARLY, ExitCode::kOk);

  ExpectConverges();
}

TEST_P(RefusalRunTest, AnotherHostsAssignment) {
  coordinator_.Roll(2, Release("1.2"));
  coordinator_.change_assignment = [](v1::Assignment& assignment) {
    assignment.set_host_id(std::string(trust::testing::TestHostId(5).bytes()));
  };

  RunRefused(Refusal::HOST);

  ExpectConverges();
}

// R2.
TEST_P(RefusalRunTest, AWholeAnswerReplayed) {
  coordinator_.Roll(2, Release("1.2"));
  coordinator_.away = false;
  std::string yesterday;
  coordinator_.change_answer = [&yesterday](v1::CheckInAnswer& answer) {
    if (yesterday.empty()) {
      yesterday = answer.SerializeAsString();
      answer.clear_assignment();  // the host does not act on it today
    } else {
      answer.ParseFromString(yesterday);
    }
  };
  EXPECT_FALSE(host_.Run().changed());
  clock_.Advance(absl::Hours(24));

  RunRefused(Refusal::NONCE);

  ExpectConverges();
}

// R6.
TEST_P(RefusalRunTest, AnAssignmentWithoutAPlan) {
  const base::Digest release = coordinator_.PublishRelease(2, Release("1.2"));
  coordinator_.assigned["agent"] = {.manifest = release};

  RunRefused(Refusal::NO_PLAN);

  coordinator_.documents.erase(release);
  ExpectConverges();
}

// R4.
TEST_P(RefusalRunTest, AReleaseThatThePlanDoesNotName) {
  coordinator_.Roll(2, Release("1.2"));
  const base::Digest other = coordinator_.PublishRelease(3, Release("1.3"));
  coordinator_.assigned["agent"].manifest = other;

  RunRefused(Refusal::NOT_IN_PLAN);

  coordinator_.documents.erase(other);
  ExpectConverges();
}

// R9.
TEST_P(RefusalRunTest, AComponentThatTheDictionaryDoesNotHave) {
  Contents contents = Release("1.2");
  contents["backdoor"] = "x";
  coordinator_.Roll(2, contents);

  RunRefused(Refusal::UNKNOWN_COMPONENT);

  ExpectConverges();
}

// R5.
TEST_P(RefusalRunTest, AReleaseBelowTheFloor) {
  const base::Digest release = coordinator_.Roll(2, Release("1.2"));
  coordinator_.PublishRoot([](v1::Root& root) { root.mutable_products(0)->set_floor(5); });

  RunRefused(Refusal::BELOW_FLOOR);
  EXPECT_EQ(host_.Trusted().root_version, 2u);  // a good root stays

  coordinator_.documents.erase(release);
  ExpectConverges();
}

TEST_P(RefusalRunTest, AWithdrawnRelease) {
  const base::Digest release = coordinator_.Roll(2, Release("1.2"));
  coordinator_.PublishRoot([&release](v1::Root& root) {
    root.mutable_products(0)->add_withdrawn(std::string(release.bytes()));
  });

  RunRefused(Refusal::WITHDRAWN);

  ExpectConverges();
}

// R4.
TEST_P(RefusalRunTest, TwoPlansOfOneNumber) {
  const base::Digest release = coordinator_.PublishRelease(2, Release("1.2"));
  const base::Digest first = coordinator_.PublishPlan(2, release);
  coordinator_.assigned.clear();
  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);  // seen, not assigned
  EXPECT_EQ(host_.Trusted().stream("main")->seen.digest, first);
  coordinator_.documents.erase(first);
  const base::Digest other =
      coordinator_.PublishPlan(2, release, [](v1::Plan& plan) { plan.set_name("another"); });
  coordinator_.assigned["agent"] = {.manifest = release, .plan = other};

  RunRefused(Refusal::EQUIVOCATION);
  EXPECT_EQ(host_.Trusted().stream("main")->seen.digest, first);

  coordinator_.documents.erase(other);
  ExpectConverges();
}

TEST_P(RefusalRunTest, OneByteOfAContentIsAnother) {
  coordinator_.Roll(2, Release("1.2"));
  coordinator_.contents[base::Sha256Of("program 1.2")] = "pr0gram 1.2";

  RunRefused(Refusal::HASH);
  EXPECT_EQ(OutcomesOf(v1::Outcome::REFUSAL).back().component(), "agent");
  EXPECT_GT(OutcomesOf(v1::Outcome::REFUSAL).back().fetched_bytes(), 0u);

  ExpectConverges();
}

TEST_P(RefusalRunTest, AContentThatIsTooShort) {
  coordinator_.Roll(2, Release("1.2"));
  coordinator_.contents[base::Sha256Of("program 1.2")] = "program";

  RunRefused(Refusal::LENGTH);

  ExpectConverges();
}

TEST_P(RefusalRunTest, ADiskThatIsFull) {
  Contents large = Release("1.2");
  large["agent"] = std::string(4 << 20, 'x');
  coordinator_.Roll(2, large);
  host_.disk().SetCapacity(2 << 20);

  RunRefused(Refusal::DISK_FULL, ExitCode::kLater);
  EXPECT_THAT(coordinator_.fetches, SizeIs(GetParam() ? 2 : 0));  // said before anything is fetched

  ExpectConverges();
}

TEST_P(RefusalRunTest, ADocumentThatNobodyAskedFor) {
  const base::Digest stray = coordinator_.PublishRelease(40, Release("4.0"));

  RunRefused(Refusal::UNWANTED_DOCUMENT);

  coordinator_.documents.erase(stray);
  ExpectConverges();
}

// R3.
TEST_P(RefusalRunTest, AnAssignmentWhoseLifeIsOver) {
  coordinator_.Roll(2, Release("1.2"));
  coordinator_.change_answer = [this](v1::CheckInAnswer&) { clock_.Suspend(absl::Seconds(61)); };

  RunRefused(Refusal::ASSIGNMENT_OVER, ExitCode::kLater);

  ExpectConverges();
}

// R7.
TEST_P(RefusalRunTest, APlanThatBreaksTheRootsRules) {
  const base::Digest release = coordinator_.PublishRelease(2, Release("1.2"));
  const base::Digest plan = coordinator_.PublishPlan(2, release, [](v1::Plan& p) {
    p.set_expires_ms(p.issued_ms() + absl::ToInt64Milliseconds(absl::Hours(24 * 31)));
  });
  coordinator_.assigned["agent"] = {.manifest = release, .plan = plan};

  RunRefused(Refusal::PLAN_RULES);

  coordinator_.documents.erase(plan);
  coordinator_.documents.erase(release);
  ExpectConverges();
}

TEST_P(RefusalRunTest, ARootThatDoesNotFollow) {
  const TestAuthority thieves({.key_set = 9});
  v1::Root root = thieves.Root();
  root.set_version(2);
  coordinator_.change_answer = [&](v1::CheckInAnswer& answer) {
    answer.clear_documents();
    answer.clear_assignment();
    answer.add_documents(thieves.Sign(root));
  };

  RunRefused(Refusal::SIGNATURES);
  EXPECT_EQ(host_.Trusted().root_version, 1u);

  ExpectConverges();
}

// Promise 2.
// R3.
TEST_P(RefusalRunTest, AHaltDuringTheDownloadReachesTheCommitPoint) {
  coordinator_.Roll(2, Release("1.2"));
  coordinator_.before_fetch = [this] {
    clock_.Advance(absl::Seconds(90));
    coordinator_.assigned.clear();  // halted meanwhile
  };

  RunRefused(Refusal::ASSIGNMENT_OVER, ExitCode::kLater);

  coordinator_.before_fetch = nullptr;
  ExpectConverges();
}

// R9.
TEST_P(RefusalRunTest, AComponentThatLeavesWithoutBeingRetired) {
  if (!GetParam()) GTEST_SKIP() << "nothing is installed that could leave";
  coordinator_.Roll(2, {{"agent", "program 1.2"}});

  RunRefused(Refusal::NOT_RETIRED);

  ExpectConverges();
}

TEST_P(RefusalRunTest, WhatThePackageManagerOwnsIsReportedAndNotWritten) {
  host_.UseDictionary(absl::StrCat(testing::kPlainDictionary, R"(
[product.agent.component.tool]
path = "/opt/a/tool"
observe = true
)"));
  Contents contents = Release("1.2");
  contents["tool"] = "x";
  coordinator_.Roll(2, contents);

  RunRefused(Refusal::PACKAGE_OWNED, ExitCode::kOk);

  EXPECT_THAT(coordinator_.fetches, SizeIs(GetParam() ? 2 : 0));  // of 1.1 only
}

}  // namespace
}  // namespace mig::loader
