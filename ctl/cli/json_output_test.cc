// -o json of every verb: one value on standard output and nothing else, keys that scripts can rely
// on; -o jsonl; --fields.

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ctl/testing/fixture.h"

namespace mig::ctl {
namespace {

using ::google::protobuf::Value;
using ::mig::ctl::testing::MigctlTest;
using ::mig::ctl::testing::Ran;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

bool IsKey(absl::string_view name) {
  if (name.empty() || !absl::ascii_islower(name[0])) return false;
  for (const char c : name) {
    if (!absl::ascii_isalnum(c)) return false;
  }
  return true;
}

// All keys in `value`, at any depth, are lowerCamelCase.
bool HasGoodKeys(const Value& value) {
  for (const Value& element : value.list_value().values()) {
    if (!HasGoodKeys(element)) return false;
  }
  for (const auto& [name, member] : value.struct_value().fields()) {
    if (!IsKey(name) || !HasGoodKeys(member)) return false;
  }
  return true;
}

class JsonOutputTest : public MigctlTest {
 protected:
  void SetUp() override {
    StartTrial();
    PublishSigned("1.0", "first");
    WritePlan("p", "1.0");
  }

  // `line` with -o json: done, and one value.
  Value One(const std::string& line) {
    const Ran ran = Run(absl::StrCat(line, " -o json"));
    EXPECT_EQ(ran.exit, 0) << line << "\n" << ran.err;
    EXPECT_TRUE(absl::EndsWith(ran.out, "\n") && !absl::EndsWith(ran.out, "\n\n")) << line;
    Value value;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(ran.out, &value).ok())
        << line << " printed\n"
        << ran.out;
    EXPECT_TRUE(HasGoodKeys(value)) << line << " printed\n" << ran.out;
    return value;
  }
};

TEST_F(JsonOutputTest, EveryVerbPrintsOneValue) {
  Write("pass", "horse\n", 0600);
  v1::Enrollment waiting;
  waiting.set_name("e-88");
  waiting.set_state(v1::Enrollment::WAITING);
  coordinator_->state().enrollments.push_back(waiting);
  coordinator_->state().hosts.resize(1);
  coordinator_->state().hosts[0].set_hostname("dev-04");
  for (const char* line : {"context list",
                           "context use trial",
                           "context set other --endpoint a:1",
                           "whoami",
                           "doctor",
                           "key new --name a --passphrase-file pass",
                           "key list t/keys",
                           "ca new --out ca",
                           "root new --from t/root-1 --out root-2",
                           "root show root-2",
                           "root sign root-2 --key t/keys/root.key --yes",
                           "trial init other",
                           "release list",
                           "release show agent@1.0",
                           "release publish --product agent --version 1.1 agent=agent-1.0",
                           "release sign agent@1.1 --key t/keys/release.key --yes",
                           "plan new --example",
                           "plan lint plan.toml",
                           "plan new plan.toml",
                           "plan show p",
                           "sign --key t/keys/rollout.key --yes",
                           "sign --key t/keys/rollout.key --yes",
                           "plan sign p --key t/keys/rollout.key --yes",
                           "rollout start p",
                           "rollout list",
                           "rollout get p",
                           "rollout events p",
                           "rollout wait p --until state=running",
                           "rollout halt p --reason x",
                           "host list",
                           "host get dev-04",
                           "host explain dev-04",
                           "host revoke dev-04 --reason x",
                           "enroll token new",
                           "enroll token new --out token",
                           "enroll token list",
                           "enroll pending",
                           "enroll approve e-88",
                           "operator list",
                           "audit list"}) {
    One(line);
  }
}

TEST_F(JsonOutputTest, WhatIsZeroOrEmptyIsThereToo) {
  const std::string list = Run("release list -o json").out;
  EXPECT_THAT(list, AllOf(HasSubstr("\"badHosts\":"), HasSubstr("\"missingDigests\":[]")));
}

TEST_F(JsonOutputTest, AContextIsShownAsItIsNow) {
  const Value used = One("context use trial");
  EXPECT_EQ(used.struct_value().fields().at("name").string_value(), "trial");
  EXPECT_TRUE(used.struct_value().fields().at("current").bool_value());
  EXPECT_TRUE(used.struct_value().fields().at("login").bool_value());
  const Value set = One("context set other --endpoint a:1");
  EXPECT_EQ(set.struct_value().fields().at("endpoint").string_value(), "a:1");
  EXPECT_FALSE(set.struct_value().fields().at("current").bool_value());
  EXPECT_FALSE(set.struct_value().fields().at("root").bool_value());
}

TEST_F(JsonOutputTest, AnErrorPrintsNothingThatCouldBeTakenForAnAnswer) {
  for (const char* line : {"rollout get nope -o json", "release show nope@1 -o json",
                           "plan new missing -o json", "rollout halt -o json"}) {
    const Ran ran = Run(std::string(line));
    EXPECT_NE(ran.exit, 0) << line;
    EXPECT_EQ(ran.out, "") << line;
  }
}

TEST_F(JsonOutputTest, WatchingIsTheLastStateAsOneValueOrALineForEachChange) {
  v1::Rollout running;
  running.set_name("p");
  running.set_state(v1::Rollout::RUNNING);
  v1::Rollout done = running;
  done.set_state(v1::Rollout::BASELINE);
  coordinator_->state().rollouts["p"] = running;
  coordinator_->state().watched = {running, done};
  const Value last = One("rollout get p --watch");
  EXPECT_EQ(last.struct_value().fields().at("state").string_value(), "BASELINE");
  const Ran lines = Run("rollout get p --watch -o jsonl");
  EXPECT_EQ(lines.exit, 0);
  EXPECT_EQ(std::count(lines.out.begin(), lines.out.end(), '\n'), 2) << lines.out;
  EXPECT_THAT(lines.out, AllOf(HasSubstr("\"state\":\"RUNNING\""), HasSubstr("BASELINE")));
}

TEST_F(JsonOutputTest, JsonlIsALineForEachElement) {
  PublishSigned("1.1", "second");
  const Ran lines = Run("release list -o jsonl");
  EXPECT_EQ(std::count(lines.out.begin(), lines.out.end(), '\n'), 2) << lines.out;
  EXPECT_THAT(lines.out, StartsWith("{"));
  EXPECT_EQ(Run("host list -o jsonl").out, "");
}

TEST_F(JsonOutputTest, FieldsArePickedFromBoth) {
  EXPECT_EQ(Run("release list -o json --fields version,product").out,
            "[{\"version\":\"1.0\",\"product\":\"agent\"}]\n");
  EXPECT_THAT(Run("release list -o json --fields manifest.name").out,
              "[{\"manifest\":{\"name\":\"agent@1.0\"}}]\n");
  EXPECT_EQ(Run("release list --fields sequence,release").out, "SEQUENCE\tRELEASE\n0\tagent@1.0\n");
  EXPECT_EQ(Run("context list --fields Name").out, "NAME\ntrial\n");
  EXPECT_EQ(Run("host list -o json --fields hostname").out, "[]\n");
}

TEST_F(JsonOutputTest, AnUnknownFieldIsUsageAndNamesThoseThatThereAre) {
  for (const char* line :
       {"release list -o json --fields nothing", "release list --fields nothing"}) {
    const Ran ran = Run(std::string(line));
    EXPECT_EQ(ran.exit, 2) << line;
    EXPECT_EQ(ran.out, "") << line;
    EXPECT_THAT(ran.err, AllOf(HasSubstr("'nothing'"), HasSubstr("sequence"))) << line;
  }
  // Verbs that change something do not take it: what was wrong would be told when it was done.
  const Ran change = Run("enroll token new --fields name");
  EXPECT_EQ(change.exit, 2);
  EXPECT_THAT(change.err, HasSubstr("--fields"));
  EXPECT_THAT(Run("whoami --fields name").err, HasSubstr("-o json"));
}

TEST_F(JsonOutputTest, ASecretIsInNoOtherAnswerThanTheOneThatMakesIt) {
  const std::string secret = Run("enroll token new -o json").out;
  EXPECT_THAT(secret, HasSubstr("\"tokenText\":\"mt_"));
  EXPECT_THAT(Run("enroll token new --out token -o json").out, Not(HasSubstr("mt_")));
  EXPECT_THAT(Run("enroll token list -o json").out, Not(HasSubstr("mt_")));
}

}  // namespace
}  // namespace mig::ctl
