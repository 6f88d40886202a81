// The verbs against a coordinator over real mutual TLS: from files to a rollout, and what a lying,
// absent or refusing coordinator gets.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/testing/manual_clock.h"
#include "ctl/testing/fixture.h"
#include "proto/mig/v1/envelope.pb.h"
#include "proto/mig/v1/manifest.pb.h"
#include "trust/envelope.h"
#include "trust/refusal.h"
#include "trust/verified.h"
#include "trust/x509/certificate_request.h"
#include "trust/x509/private_key.h"

namespace mig::ctl {
namespace {

using ::mig::ctl::testing::MigctlTest;
using ::mig::ctl::testing::Ran;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class OnlineTest : public MigctlTest {
 protected:
  void SetUp() override { StartTrial(); }

  void PlanSigned(const std::string& name, const std::string& version) {
    WritePlan(name, version);
    const Ran made = Run("plan new plan.toml");
    ASSERT_EQ(made.exit, 0) << made.err;
    const Ran sign = Run(absl::StrCat("plan sign ", name, " --key t/keys/rollout.key --yes"));
    ASSERT_EQ(sign.exit, 0) << sign.err;
  }
};

TEST_F(OnlineTest, LoginKeepsKeyAndCertificateBesideTheContext) {
  const Ran who = Run("whoami");
  EXPECT_EQ(who.exit, 0) << who.err;
  EXPECT_THAT(who.out, HasSubstr("spiffe://trial.local/operator/ana  roles rollout-signer"));
  EXPECT_THAT(who.err, HasSubstr("TRIAL ROOT 1 of 1"));
  EXPECT_THAT(files_.ReadSecret("home/.config/migctl/trial/operator.key", 4096, "key").status(),
              absl::OkStatus());
  EXPECT_FALSE(files_.Exists("home/.config/migctl/trial/operator.key.new"));
  EXPECT_THAT(Read("home/.config/migctl/contexts.toml"), Not(HasSubstr("KEY")));
}

TEST_F(OnlineTest, ARefusedLoginLeavesNothingBesideTheGoodKey) {
  const std::string key = Read("home/.config/migctl/trial/operator.key");
  coordinator_->state().failure = trust::Refuse(v1::Refusal::TOKEN, "was used already");
  EXPECT_NE(Run("login --token-file t/operator.token").exit, 0);
  EXPECT_FALSE(files_.Exists("home/.config/migctl/trial/operator.key.new"));
  EXPECT_EQ(Read("home/.config/migctl/trial/operator.key"), key);
  coordinator_->state().failure = absl::OkStatus();
  EXPECT_EQ(Run("whoami").exit, 0);
}

TEST_F(OnlineTest, ALoginWhoseAnswerWasLostGoesOnWithItsKey) {
  const std::string pending = "home/.config/migctl/trial/operator.key.new";
  coordinator_->state().failure = absl::UnavailableError("lost");
  EXPECT_EQ(Run("login --token-file t/operator.token").exit, 6);
  const std::string key = Read(pending);
  coordinator_->state().failure = absl::OkStatus();
  EXPECT_EQ(Run("login --token-file t/operator.token").exit, 0);
  EXPECT_EQ(Read("home/.config/migctl/trial/operator.key"), key);
  EXPECT_FALSE(files_.Exists(pending));
}

TEST_F(OnlineTest, ADamagedLoginNamesItsFileAndTheWayBack) {
  for (const char* file : {"operator.pem", "operator.key"}) {
    const std::string path = absl::StrCat("home/.config/migctl/trial/", file);
    const std::string good = Read(path);
    Write(path, good.substr(0, good.size() / 2), 0600);
    const Ran ran = Run("whoami");
    EXPECT_EQ(ran.exit, 5) << ran.err;
    EXPECT_THAT(ran.err, AllOf(HasSubstr(absl::StrCat(path, ": ")), HasSubstr("log in again")));
    EXPECT_EQ(Run("doctor").exit, 1);
    Write(path, good, 0600);
  }
  EXPECT_EQ(Run("whoami").exit, 0);
  Write("home/.config/migctl/trial/operator.key", Read("t/server.key"), 0600);
  const Ran other = Run("whoami");
  EXPECT_EQ(other.exit, 5) << other.err;
  EXPECT_THAT(other.err, HasSubstr("not for the key beside it"));
}

TEST_F(OnlineTest, ATokenMadeUnderAnotherRootIsNotSpent) {
  ASSERT_EQ(Run("trial init other --operator ana").exit, 0);
  const Ran ran = Run("login --token-file other/operator.token");
  EXPECT_EQ(ran.exit, 5) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("ask who gave you the token which root is right"));
  EXPECT_EQ(coordinator_->state().logins, 1);
}

TEST_F(OnlineTest, ACertificateRenewsItselfBeforeItEndsAndAfterwardsByPossession) {
  const std::string file = "home/.config/migctl/trial/operator.pem";
  const std::string first = Read(file);
  const absl::Time now = clock_->WallNow();
  clock_ = std::make_unique<base::testing::ManualClock>(now + absl::Hours(24 * 19));
  EXPECT_EQ(Run("whoami").exit, 0);
  EXPECT_EQ(coordinator_->state().renewals, 0);
  clock_ = std::make_unique<base::testing::ManualClock>(now + absl::Hours(24 * 21));
  EXPECT_EQ(Run("whoami").exit, 0);
  EXPECT_EQ(coordinator_->state().renewals, 1);
  const std::string second = Read(file);
  EXPECT_NE(second, first);
  clock_ = std::make_unique<base::testing::ManualClock>(now + absl::Hours(24 * 40));
  const Ran late = Run("whoami");
  EXPECT_EQ(late.exit, 0) << late.err;
  EXPECT_EQ(coordinator_->state().late_renewals, 1);
  EXPECT_NE(Read(file), second);
}

TEST_F(OnlineTest, ACertificateForAnotherKeyIsNotKept) {
  const auto csr =
      trust::x509::CertificateRequest::Make(trust::x509::PrivateKey::Generate(random_), "mallory");
  ASSERT_TRUE(csr.ok());
  coordinator_->state().certified_instead = *csr;
  const std::string file = "home/.config/migctl/trial/operator.pem";
  const std::string before = Read(file);
  const Ran login = Run("login --token-file t/operator.token");
  EXPECT_EQ(login.exit, 1) << login.err;
  EXPECT_THAT(login.err, HasSubstr("is not for the key that was made here"));
  const absl::Time now = clock_->WallNow();
  for (const int days : {21, 40}) {
    clock_ = std::make_unique<base::testing::ManualClock>(now + absl::Hours(24 * days));
    EXPECT_EQ(Run("whoami").exit, 1) << days;
    EXPECT_EQ(Read(file), before) << days;
  }
}

TEST_F(OnlineTest, DoctorChecksTheWayAndTheCoordinator) {
  const Ran good = Run("doctor");
  EXPECT_EQ(good.exit, 0) << good.out << good.err;
  EXPECT_THAT(good.out, AllOf(HasSubstr("trusted root\t+ good"), HasSubstr("store\t+ good")));
  coordinator_->Stop();
  const Ran bad = Run("doctor");
  EXPECT_EQ(bad.exit, 6);
  EXPECT_THAT(bad.out, HasSubstr("coordinator\tx bad"));
}

TEST_F(OnlineTest, FromFilesToARollout) {
  PublishSigned("1.0", "first");
  Write("agent-1.1", "second", 0755);
  Write("cfg", "a = 1\n");
  const Ran publish =
      Run("release publish --product agent --version 1.1 agent=agent-1.1 configuration=cfg");
  ASSERT_EQ(publish.exit, 0) << publish.err;
  EXPECT_THAT(publish.out, AllOf(HasSubstr("SINCE 1.0"), HasSubstr("\tchanged\n"),
                                 HasSubstr("0\tconfiguration\t6 B\t"), HasSubstr("\tnew\n")));
  EXPECT_THAT(publish.err, HasSubstr("sequence 2"));
  ASSERT_EQ(Run("release sign agent@1.1 --key t/keys/release.key --yes").exit, 0);
  EXPECT_THAT(Run("release list").out, HasSubstr("agent@1.1\t"));

  WritePlan("agent-1.1", "1.1");
  const Ran lint = Run("plan lint plan.toml");
  EXPECT_EQ(lint.exit, 0) << lint.err;
  const Ran made = Run("plan new plan.toml");
  ASSERT_EQ(made.exit, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("agent 1.1 (sequence 2, its signature verified here)"));
  const Ran early = Run("rollout start agent-1.1 --yes");
  EXPECT_EQ(early.exit, 5) << early.err;
  EXPECT_THAT(early.err, HasSubstr("plan sign agent-1.1"));
  const Ran sign = Run("plan sign agent-1.1 --key t/keys/rollout.key", {"agent-1.1"});
  ASSERT_EQ(sign.exit, 0) << sign.err;
  EXPECT_THAT(sign.err, HasSubstr("its signature verified here"));
  EXPECT_THAT(sign.out, HasSubstr("+ trial-rollout signed agent-1.1, checked. 1 of 1"));
  const Ran start = Run("rollout start agent-1.1");
  EXPECT_EQ(start.exit, 0) << start.err;
  EXPECT_THAT(start.out, HasSubstr("agent-1.1  RUNNING"));
  EXPECT_EQ(Run("rollout halt agent-1.1 --reason INC-482").exit, 0);
  EXPECT_EQ(Run("rollout wait agent-1.1").exit, 10);
}

TEST_F(OnlineTest, ContentsThatAreThereAreNotSentAgain) {
  PublishSigned("1.0", "same bytes");
  EXPECT_EQ(coordinator_->state().uploads, 1);
  PublishSigned("1.1", "same bytes");
  EXPECT_EQ(coordinator_->state().uploads, 1);
}

TEST_F(OnlineTest, ContentsThatWereStoredAsOthersStopThePublishing) {
  coordinator_->state().stored_instead = "other bytes";
  Write("file", "bytes");
  const Ran ran = Run("release publish --product agent --version 1.0 agent=file");
  EXPECT_EQ(ran.exit, 1) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("stored other bytes than were sent"));
  EXPECT_TRUE(coordinator_->state().documents.empty());
}

TEST_F(OnlineTest, AVariantTakesTheFilesAfterIt) {
  Write("a", "for linux");
  Write("b", "for others");
  const Ran publish = Run(std::vector<std::string>{
      "release", "publish", "--product", "agent", "--version", "1.0", "--variant", "os = \"linux\"",
      "agent=a", "--variant", "", "agent=b"});
  ASSERT_EQ(publish.exit, 0) << publish.err;
  const Ran show = Run("release show agent@1.0");
  EXPECT_THAT(show.out,
              AllOf(HasSubstr("variant 0  os = \"linux\""), HasSubstr("variant 1  every host"),
                    HasSubstr("0 agent"), HasSubstr("1 agent")));
}

TEST_F(OnlineTest, WhatWaitsForAKeyIsSignedInOneGo) {
  Write("agent-1.0", "first");
  ASSERT_EQ(Run("release publish --product agent --version 1.0 agent=agent-1.0").exit, 0);
  const Ran sign = Run("sign --key t/keys/release.key --yes");
  EXPECT_EQ(sign.exit, 0) << sign.err;
  EXPECT_THAT(sign.out, HasSubstr("signed agent@1.0"));
  EXPECT_THAT(Run("sign --key t/keys/release.key --yes").err, HasSubstr("nothing waits"));
  EXPECT_EQ(Run("sign --key t/keys/release.key --yes -o json").out, "[]\n");
}

// Promise 1.
TEST_F(OnlineTest, APlanOfAnUnsignedReleaseCanNeitherBeMadeNorSigned) {
  Write("agent-1.0", "first");
  ASSERT_EQ(Run("release publish --product agent --version 1.0 agent=agent-1.0").exit, 0);
  WritePlan("p", "1.0");
  const Ran made = Run("plan new plan.toml");
  EXPECT_EQ(made.exit, 5) << made.err;
  EXPECT_THAT(made.err, HasSubstr("agent@1.0"));
}

// Promise 1.
TEST_F(OnlineTest, ACoordinatorThatShowsAnotherDocumentGetsNoSignature) {
  PublishSigned("1.0", "good");
  Write("evil", "evil");
  ASSERT_EQ(Run("release publish --product agent --version 6.6 agent=evil").exit, 0);
  {
    const std::lock_guard<std::mutex> lock(coordinator_->state().mutex);
    for (const auto& [digest, info] : coordinator_->state().documents) {
      if (info.name() == "agent@6.6") coordinator_->state().lie = info;
    }
  }
  // Asked for by version: the answer is another release.
  WritePlan("p", "1.0");
  EXPECT_NE(Run("plan new plan.toml").exit, 0);
  // A person who signs what they are shown sees the version that the bytes have.
  const Ran sign = Run("release sign agent@1.0 --key t/keys/release.key", {"wrong"});
  EXPECT_EQ(sign.exit, 5);
  EXPECT_THAT(sign.err, HasSubstr("RELEASE agent 6.6"));
}

// Promise 1.
TEST_F(OnlineTest, ASignedReleaseDoesNotTakeThePlaceOfAnother) {
  PublishSigned("0.9", "with a known hole");
  PublishSigned("1.0", "good");
  {
    const std::lock_guard<std::mutex> lock(coordinator_->state().mutex);
    for (const auto& [digest, info] : coordinator_->state().documents) {
      if (info.name() == "agent@0.9") coordinator_->state().lie = info;
    }
  }
  WritePlan("p", "1.0");
  const Ran plan = Run("plan new plan.toml");
  EXPECT_NE(plan.exit, 0);
  EXPECT_THAT(plan.err, HasSubstr("gave another release than agent@1.0"));
  const std::string asked(64, 'a');
  const Ran sign = Run(absl::StrCat("release sign ", asked, " --key t/keys/release.key --yes"));
  EXPECT_NE(sign.exit, 0);
  EXPECT_THAT(sign.err, AllOf(HasSubstr("gave another document"), Not(HasSubstr("You sign"))));
}

// Sequences are used up for ever; what nobody signed may not use them up.
TEST_F(OnlineTest, AnUnsignedDocumentDoesNotPushTheNumbersAway) {
  PublishSigned("1.0", "first");
  {
    const std::lock_guard<std::mutex> lock(coordinator_->state().mutex);
    v1::DocumentInfo far = coordinator_->state().documents.begin()->second;
    v1::Envelope envelope;
    v1::Manifest manifest;
    ASSERT_TRUE(envelope.ParseFromString(far.envelope()));
    ASSERT_TRUE(manifest.ParseFromString(envelope.payload()));
    manifest.set_sequence(uint64_t{1} << 60);
    envelope.set_payload(manifest.SerializeAsString());
    far.set_envelope(envelope.SerializeAsString());
    far.set_name("agent@far");
    coordinator_->state().documents["far"] = far;
    coordinator_->state().document_order.push_back("far");
  }
  Write("agent-1.1", "second");
  const Ran publish = Run("release publish --product agent --version 1.1 agent=agent-1.1");
  ASSERT_EQ(publish.exit, 0) << publish.err;
  EXPECT_THAT(publish.err, HasSubstr("sequence 2,"));
}

// Promise 1.
TEST_F(OnlineTest, ACoordinatorThatForgetsReleasesIsFoundOut) {
  PublishSigned("1.0", "first");
  PublishSigned("1.1", "second");
  {
    const std::lock_guard<std::mutex> lock(coordinator_->state().mutex);
    coordinator_->state().documents.clear();
    coordinator_->state().document_order.clear();
  }
  Write("agent-1.2", "third");
  const Ran publish = Run("release publish --product agent --version 1.2 agent=agent-1.2");
  ASSERT_EQ(publish.exit, 0) << publish.err;
  EXPECT_THAT(publish.err, HasSubstr("sequence 3"));
  EXPECT_THAT(publish.out, HasSubstr("SINCE 1.1"));
}

// Whoever starts a rollout need not be who signed it: theirs is the memory that counts here.
TEST_F(OnlineTest, AStartedPlanIsRememberedForTheNextComparison) {
  PublishSigned("1.0", "first");
  PlanSigned("p", "1.0");
  const std::string remembered = "home/.config/migctl/trial/trusted/plan-main";
  const std::string signed_plan = Read(remembered);
  ASSERT_TRUE(files_.Remove(remembered).ok());
  ASSERT_EQ(Run("rollout start p").exit, 0);
  EXPECT_EQ(Read(remembered), signed_plan);
}

TEST_F(OnlineTest, APlanInItsBaselineStandsWhileTheNextIsCarriedOut) {
  PublishSigned("1.0", "first");
  WritePlan("p", "1.0");
  Write("plan.toml", absl::StrCat(Read("plan.toml"), "soak = \"7d\"\n"));
  ASSERT_EQ(Run("plan new plan.toml").exit, 0);
  ASSERT_EQ(Run("plan sign p --key t/keys/rollout.key --yes").exit, 0);
  PublishSigned("1.1", "second");
  WritePlan("q", "1.1");
  EXPECT_THAT(Run("plan lint plan.toml").out, ContainsRegex("  base +none"));
  clock_ = std::make_unique<base::testing::ManualClock>(clock_->WallNow() + absl::Hours(24 * 8));
  const Ran later = Run("plan lint plan.toml");
  EXPECT_EQ(later.exit, 0) << later.err;
  EXPECT_THAT(later.out, ContainsRegex("  base +[0-9a-f]{64}"));
}

TEST_F(OnlineTest, APlanSignedAgainKeepsItsRollout) {
  PublishSigned("1.0", "first");
  PlanSigned("p", "1.0");
  const Ran again = Run("plan new plan.toml --again");
  ASSERT_EQ(again.exit, 0) << again.err;
  EXPECT_THAT(again.out, AllOf(HasSubstr("SIGNED AGAIN"), Not(HasSubstr("~ rollout")),
                               Not(HasSubstr("~ cohort seed")), HasSubstr("sequence 2")));
}

TEST_F(OnlineTest, AFollowingRootIsVerifiedAndTrustedFromThenOn) {
  ASSERT_EQ(Run("root new --from t/root-1 --floor agent=1 --out root-2").exit, 0);
  ASSERT_EQ(Run("root sign root-2 --key t/keys/root.key --yes").exit, 0);
  v1::DocumentInfo info;
  info.set_envelope(Read("root-2"));
  info.set_name("root-2");
  info.set_kind(v1::DOCUMENT_KIND_ROOT);
  {
    const std::lock_guard<std::mutex> lock(coordinator_->state().mutex);
    coordinator_->state().documents["root-2"] = info;
    coordinator_->state().document_order.push_back("root-2");
  }
  PublishSigned("1.0", "first");
  EXPECT_THAT(Run("root show home/.config/migctl/trial/root").out, HasSubstr("ROOT version 2"));
}

TEST_F(OnlineTest, ACoordinatorThatIsAwayIsExitSixAndSaysWhatToDo) {
  coordinator_->Stop();
  for (const char* line : {"whoami", "host list", "rollout list", "release list"}) {
    const Ran ran = Run(std::string(line));
    EXPECT_EQ(ran.exit, 6) << line << ran.err;
    EXPECT_THAT(ran.err, AllOf(HasSubstr(coordinator_->admin_endpoint()),
                               HasSubstr("is the coordinator up")))
        << line;
  }
}

TEST_F(OnlineTest, AServerOfAnotherCaIsNotBelieved) {
  ASSERT_EQ(Run("trial init other --operator ana").exit, 0);
  const Ran ran = Run("whoami --ca other/servers-ca.pem");
  EXPECT_EQ(ran.exit, 6);
  EXPECT_THAT(ran.err, HasSubstr("not by this context's CA"));
}

TEST_F(OnlineTest, ACaThatIsNoneIsFoundBeforeAnybodyIsCalled) {
  Write("junk", "junk\n");
  for (const char* ca : {"junk", "missing", "t/root-1", "t/server.key"}) {
    const Ran ran = Run(absl::StrCat("whoami --ca ", ca));
    EXPECT_EQ(ran.exit, 2) << ca << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(absl::StrCat(ca, ": "))) << ca;
  }
}

TEST_F(OnlineTest, ARefusalKeepsItsMeaning) {
  const auto exit_for = [&](const absl::Status& failure) {
    coordinator_->state().failure = failure;
    return Run("whoami");
  };
  EXPECT_EQ(exit_for(absl::PermissionDeniedError("viewers see only")).exit, 4);
  EXPECT_EQ(exit_for(absl::NotFoundError("no such thing")).exit, 3);
  EXPECT_EQ(exit_for(absl::FailedPreconditionError("changed meanwhile")).exit, 5);
  EXPECT_EQ(exit_for(absl::InternalError("broken")).exit, 1);
  const Ran refused = exit_for(trust::Refuse(v1::Refusal::SIGNATURES, "1 of 2 have signed"));
  EXPECT_EQ(refused.exit, 5);
  EXPECT_THAT(refused.err, HasSubstr("1 of 2 have signed"));
}

TEST_F(OnlineTest, ManyHostsAreConfirmedByName) {
  PublishSigned("1.0", "first");
  PlanSigned("p", "1.0");
  coordinator_->state().hosts.resize(101);
  const Ran nobody = Run("rollout start p");
  EXPECT_EQ(nobody.exit, 2);
  EXPECT_THAT(nobody.err, AllOf(HasSubstr("101 of 101 hosts"), HasSubstr("--yes")));
  EXPECT_EQ(Run("rollout start p", {"q"}).exit, 5);
  EXPECT_TRUE(coordinator_->state().rollouts.empty());
  EXPECT_EQ(Run("rollout start p", {"p"}).exit, 0);
}

}  // namespace
}  // namespace mig::ctl
