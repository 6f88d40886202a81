// Hosts, enrollment and waiting, against a coordinator over real mutual TLS.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ctl/cli/rollout_screen.h"
#include "ctl/testing/fixture.h"

namespace mig::ctl {
namespace {

using ::mig::ctl::testing::MigctlTest;
using ::mig::ctl::testing::Ran;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

v1::Host FailedHost() {
  v1::Host host;
  host.set_id(std::string(64, 'a'));
  host.set_hostname("dev-04");
  host.set_platform("debian 12");
  host.set_state(v1::Host::FAILED);
  host.mutable_why()->set_code(v1::Refusal::EXIT);
  host.mutable_why()->set_exit_status(139);
  host.mutable_why()->set_text("went back by itself");
  host.set_why_stage(v1::Outcome::HEALTH);
  return host;
}

class FleetTest : public MigctlTest {
 protected:
  void SetUp() override { StartTrial(); }

  v1::Rollout Rollout(v1::Rollout::State state) {
    v1::Rollout rollout;
    rollout.set_name("p");
    rollout.set_state(state);
    v1::WaveState& wave = *rollout.add_waves();
    wave.set_name("early");
    wave.set_state(v1::WaveState::OPEN);
    wave.mutable_hosts()->set_expected(10);
    wave.mutable_hosts()->set_offered(6);
    wave.mutable_hosts()->set_healthy(5);
    wave.mutable_hosts()->set_failed(1);
    return rollout;
  }
  void Is(v1::Rollout::State state) { coordinator_->state().rollouts["p"] = Rollout(state); }
};

TEST_F(FleetTest, HostsAreATableOrProtobufJson) {
  coordinator_->state().hosts = {FailedHost()};
  const Ran table = Run("host list");
  EXPECT_EQ(table.exit, 0) << table.err;
  EXPECT_THAT(table.out,
              HasSubstr("dev-04\taaaaaaaa\tdebian 12\t-\tfailed\tnever\tnever\thealth EXIT_139, "
                        "went back by itself\n"));
  const Ran json = Run("host list -o json");
  EXPECT_THAT(json.out, AllOf(StartsWith("[{\"id\":\"aaaa"), HasSubstr("\"state\":\"FAILED\""),
                              EndsWith("}]\n")));
  EXPECT_EQ(Run("host get dev-04").exit, 0);
  EXPECT_EQ(Run("host get stranger").exit, 3);
}

TEST_F(FleetTest, EmptyListsAreEmptyListsInJson) {
  for (const char* line : {"host list", "rollout list", "rollout events p", "release list",
                           "enroll pending", "enroll token list", "operator list", "audit list"}) {
    const Ran ran = Run(absl::StrCat(line, " -o json"));
    EXPECT_EQ(ran.exit, 0) << line << ran.err;
    EXPECT_EQ(ran.out, "[]\n") << line;
  }
}

TEST_F(FleetTest, AllPagesAreListed) {
  coordinator_->state().hosts.resize(2'345, FailedHost());
  const Ran ran = Run("host list");
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 2'346);
  EXPECT_THAT(ran.err, HasSubstr("2,345 of 2,345."));
}

TEST_F(FleetTest, ExplainShowsEvidenceAndItsExitStatusSaysTheAnswer) {
  v1::Explanation& explanation = coordinator_->state().explanation;
  explanation.mutable_host()->set_hostname("lap-0193");
  v1::Verdict& verdict = *explanation.add_verdicts();
  verdict.set_product("agent");
  verdict.set_version("4.2.0");
  verdict.set_answer(v1::Verdict::WILL);
  verdict.set_not_before_ms(1767225600000);
  v1::Evidence& evidence = *verdict.add_evidence();
  evidence.set_mark(v1::Evidence::NO);
  evidence.set_topic("wave");
  evidence.set_text("cohort 0.6127 -> wave 3");
  const Ran will = Run("host explain lap-0193 --exit-code");
  EXPECT_EQ(will.exit, 20);
  EXPECT_THAT(will.out,
              HasSubstr("lap-0193 does NOT have agent 4.2.0; it will, not before 2026-01-01 00:00 "
                        "UTC\n x wave      cohort 0.6127 -> wave 3\n"));
  EXPECT_EQ(Run("host explain lap-0193").exit, 0);
  verdict.set_answer(v1::Verdict::WILL_NOT);
  EXPECT_EQ(Run("host explain lap-0193 --exit-code").exit, 21);
  verdict.set_answer(v1::Verdict::HAS);
  EXPECT_EQ(Run("host explain lap-0193 --exit-code").exit, 0);
}

TEST_F(FleetTest, RevokingNeedsAReasonAndManyHostsAPerson) {
  EXPECT_EQ(Run("host revoke dev-04").exit, 2);
  EXPECT_EQ(Run("host revoke dev-04 --reason stolen").exit, 0);
  EXPECT_EQ(coordinator_->state().revocations.size(), 1u);
  std::vector<std::string> many = {"host", "revoke", "--reason", "stolen"};
  for (int i = 0; i < 101; ++i) many.push_back(absl::StrCat("lap-", i));
  EXPECT_EQ(Run(many).exit, 2);
  EXPECT_EQ(coordinator_->state().revocations.size(), 1u);
  EXPECT_EQ(Run(many, {"101"}).exit, 0);
}

TEST_F(FleetTest, ATokenIsShownOnceOrWrittenForItsOwnerOnly) {
  const Ran shown = Run("enroll token new --uses 50 --expires 7d --label site=muc");
  EXPECT_EQ(shown.exit, 0) << shown.err;
  EXPECT_EQ(shown.out, "mt_secret\n");
  EXPECT_THAT(shown.err, AllOf(HasSubstr("Shown once"), HasSubstr("0/50 used")));
  const Ran written = Run("enroll token new --approve manual --out host.token");
  EXPECT_EQ(written.exit, 0);
  EXPECT_EQ(written.out.find("mt_secret"), std::string::npos);
  EXPECT_TRUE(files_.ReadSecret("host.token", 100, "the token").ok());
  EXPECT_EQ(Run("enroll token new --out host.token").exit, 5);
  EXPECT_THAT(Run("enroll token list").out, HasSubstr("site=muc"));
}

TEST_F(FleetTest, PendingEnrollmentsAreApprovedByName) {
  v1::Enrollment waiting;
  waiting.set_name("e-88");
  waiting.set_host_id(std::string(64, 'd'));
  waiting.mutable_environment()->set_hostname("lap\x1b[31m-0555");
  waiting.add_same_as("7bc2");
  waiting.set_state(v1::Enrollment::WAITING);
  coordinator_->state().enrollments = {waiting};
  const Ran pending = Run("enroll pending");
  EXPECT_THAT(pending.out, AllOf(HasSubstr("lap\\x1b[31m-0555"), HasSubstr("re-image or clone?")));
  EXPECT_EQ(Run("enroll approve e-99").exit, 3);
  EXPECT_EQ(Run("enroll approve e-88").exit, 0);
  EXPECT_EQ(Run("enroll pending -o json").out, "[]\n");
}

TEST_F(FleetTest, WaitEndsWithTheExitStatusOfWhatHappened) {
  Is(v1::Rollout::BASELINE);
  EXPECT_EQ(Run("rollout wait p").exit, 0);
  Is(v1::Rollout::HALTED);
  EXPECT_EQ(Run("rollout wait p --until wave=1").exit, 10);
  Is(v1::Rollout::PAUSED);
  EXPECT_EQ(Run("rollout wait p").exit, 11);
  Is(v1::Rollout::SUPERSEDED);
  EXPECT_EQ(Run("rollout wait p --until healthy=100").exit, 1);
  EXPECT_EQ(Run("rollout wait stranger").exit, 3);
  Is(v1::Rollout::RUNNING);
  EXPECT_EQ(Run("rollout wait p --until state=running").exit, 0);
  EXPECT_EQ(Run("rollout wait p --until wave=1 --timeout 1ms").exit, 12);
  coordinator_->state().rollouts["p"].mutable_waves(0)->set_state(v1::WaveState::PASSED);
  EXPECT_EQ(Run("rollout wait p --until wave=1").exit, 0);
  EXPECT_EQ(Run("rollout wait p --until wave=early").exit, 0);
}

TEST_F(FleetTest, WatchShowsOneLineForEachChangeAndEndsWhenItIsFinal) {
  Is(v1::Rollout::RUNNING);
  const v1::Rollout running = Rollout(v1::Rollout::RUNNING);
  coordinator_->state().watched = {running, running, Rollout(v1::Rollout::BASELINE)};
  const Ran watch = Run("rollout get p --watch");
  EXPECT_EQ(watch.exit, 0) << watch.err;
  EXPECT_EQ(watch.out,
            "p\tRUNNING\tearly 6/10 healthy 5 failed 1\n"
            "p\tBASELINE\tearly 6/10 healthy 5 failed 1\n");
  coordinator_->state().watched = {Rollout(v1::Rollout::HALTED)};
  EXPECT_EQ(Run("rollout get p --watch").exit, 10);
}

TEST_F(FleetTest, TheScreenOfARolloutSaysEverythingInWords) {
  v1::Rollout rollout = Rollout(v1::Rollout::RUNNING);
  rollout.set_started_by("ana");
  rollout.set_started_ms(1767225600000);
  rollout.add_signed_by("o1");
  v1::ProductChange& change = *rollout.add_changes();
  change.set_product("agent");
  change.set_from_version("4.1.3");
  change.set_to_version("4.2.0");
  EXPECT_EQ(RolloutScreen(rollout, absl::FromUnixSeconds(1767225600) + absl::Hours(26)),
            "p  RUNNING  agent 4.1.3 -> 4.2.0  26 h  started by ana  signed o1\n"
            "> early  [######....] 6/10  healthy 5 failed 1  open\n"
            "Next: migctl rollout wait p, or migctl rollout halt p --reason WHY\n");
}

}  // namespace
}  // namespace mig::ctl
