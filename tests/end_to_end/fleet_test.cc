// What an operator does to a host, and what it is told about one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "proto/mig/v1/admin_documents.pb.h"
#include "proto/mig/v1/admin_people.pb.h"
#include "proto/mig/v1/admin_rollouts.pb.h"
#include "tests/end_to_end/house.h"
#include "tests/harness/files.h"

namespace mig::tests {
namespace {

using base::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

class FleetTest : public House {
 protected:
  std::string Id(const LoaderHost& host) {
    const auto id = HostIdOf(host);
    EXPECT_THAT(id, IsOk());
    return id.value_or("");
  }
};

TEST_F(FleetTest, ARevokedHostIsRefusedAtItsNextCall) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  ASSERT_THAT(RollOut({.version = "1.0"}), IsOk());
  ASSERT_THAT(host.Run(), IsOk());
  const pid_t agent = host.Agent().pid;
  ASSERT_THAT(RollOut({.version = "1.1"}), IsOk());

  ASSERT_THAT(ana().Do({"host", "revoke", Id(host), "--reason", "stolen"}), IsOk());

  const auto run = host.Do({"run", "--now"}, 3);
  ASSERT_THAT(run, IsOk());
  EXPECT_THAT(run->out + run->err, HasSubstr("REVOKED"));
  EXPECT_EQ(host.Agent().pid, agent) << "what it has goes on";
  const auto word = WordOf(host);
  ASSERT_THAT(word, IsOk());
  EXPECT_EQ(word->host().state(), v1::Host::REVOKED);
}

TEST_F(FleetTest, AHaltedRolloutIsOfferedToNobodyElse) {
  LoaderHost& one = EnrolledHost({.name = "one"});
  LoaderHost& two = EnrolledHost({.name = "two"});
  ASSERT_THAT(RollOut({.version = "1.0"}), IsOk());
  ASSERT_THAT(one.Run(), IsOk());

  ASSERT_THAT(ana().Do({"rollout", "halt", "agent-1.0", "--reason", "INC-1"}), IsOk());
  ASSERT_THAT(two.Run(), IsOk());

  EXPECT_EQ(two.Agent().pid, 0);
  EXPECT_THAT(one.CheckAgent("1.0"), IsOk());
  const auto rollout = ana().Ask<v1::Rollout>({"rollout", "get", "agent-1.0"});
  ASSERT_THAT(rollout, IsOk());
  EXPECT_EQ(rollout->state(), v1::Rollout::HALTED);
}

TEST_F(FleetTest, ManualApprovalMakesAHostWait) {
  LoaderHost& host = NewHost({.name = "one"});
  const std::string token = host.Path("token");
  ASSERT_THAT(ana().Do({"enroll", "token", "new", "--approve", "manual", "--out", token}), IsOk());
  const auto asked = host.Try({"enroll", "--token-file", token});
  ASSERT_THAT(asked, IsOk());
  EXPECT_EQ(asked->exit_status, 75);

  const auto pending =
      ana().AskList<v1::ListEnrollmentsAnswer>({"enroll", "pending"}, "enrollments");
  ASSERT_THAT(pending, IsOk());
  ASSERT_THAT(pending->enrollments(), SizeIs(1));
  ASSERT_THAT(ana().Do({"enroll", "approve", pending->enrollments(0).name()}), IsOk());

  EXPECT_THAT(host.Run(), IsOk());
  EXPECT_THAT(WordOf(host), IsOk());
}

// Promise 6.
TEST_F(FleetTest, BothSidesExplainWhatAHostHasAndWillHave) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  ASSERT_THAT(RollOut({.version = "1.0"}), IsOk());
  ASSERT_THAT(host.Run(), IsOk());
  ASSERT_THAT(host.Run(), IsOk());  // tells what it has now

  const auto there = ana().Ask<v1::Explanation>({"host", "explain", Id(host)});
  ASSERT_THAT(there, IsOk());
  ASSERT_THAT(there->verdicts(), SizeIs(1));
  EXPECT_EQ(there->verdicts(0).answer(), v1::Verdict::HAS);
  EXPECT_EQ(there->verdicts(0).version(), "1.0");
  const auto here = host.Do({"explain"});
  ASSERT_THAT(here, IsOk());
  EXPECT_THAT(here->out, HasSubstr("agent 1.0"));
  EXPECT_EQ(ana().Try({"host", "explain", Id(host), "--exit-code"})->exit_status, 0);
}

TEST_F(FleetTest, JsonIsAListEvenOfNothing) {
  for (const auto& words : {std::vector<std::string>{"host", "list"},
                            {"release", "list"},
                            {"rollout", "list"},
                            {"enroll", "token", "list"},
                            {"enroll", "pending"}}) {
    auto asked = words;
    asked.insert(asked.end(), {"-o", "json"});
    const auto answer = ana().Do(asked);
    ASSERT_THAT(answer, IsOk());
    EXPECT_EQ(answer->out, "[]\n") << answer->shown;
  }
}

TEST_F(FleetTest, TheLoadersJsonIsOneObjectOfEachVerb) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  ASSERT_THAT(RollOut({.version = "1.0"}), IsOk());
  ASSERT_THAT(host.Run(), IsOk());
  for (const char* const verb : {"status", "explain", "environment"}) {
    const auto shown = host.Do({verb, "-o", "json"});
    ASSERT_THAT(shown, IsOk());
    EXPECT_THAT(shown->out, StartsWith("{")) << verb;
    const auto read = world().Run(
        {"/usr/bin/python3", "-c", "import json,sys; json.loads(sys.argv[1])", shown->out});
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(read->exit_status, 0) << verb << ": " << shown->out;
  }
}

}  // namespace
}  // namespace mig::tests
