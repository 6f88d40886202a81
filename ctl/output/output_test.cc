#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sha256.h"
#include "base/testing/status_matchers.h"
#include "ctl/output/console.h"
#include "ctl/output/exit_code.h"
#include "ctl/output/json.h"
#include "ctl/output/table.h"
#include "ctl/output/words.h"
#include "ctl/testing/fake_console.h"
#include "proto/mig/v1/admin_hosts.pb.h"
#include "proto/mig/v1/admin_people.pb.h"
#include "trust/refusal.h"

namespace mig::ctl {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::StatusIs;
using ::testing::HasSubstr;

Table HostTable() {
  Table table({"NAME", "STATE", "WHY"});
  table.AddRow({"dev-04", "failed", "health EXIT_139, went back by itself"});
  table.AddRow({"l\x1b[2Jap\t1", "x", "z"});
  return table;
}

TEST(TableTest, IsAlignedAndCutAtATerminal) {
  ConsoleFacts facts;
  facts.out_is_terminal = true;
  facts.columns = 40;
  EXPECT_EQ(HostTable().Render(facts),
            "NAME             STATE   WHY\n"
            "dev-04           failed  health EXIT_1..\n"
            "l\\x1b[2Jap\\x091  x       z\n");
}

TEST(TableTest, IsTabSeparatedAndUncutWhenPiped) {
  EXPECT_EQ(HostTable().Render(ConsoleFacts{}),
            "NAME\tSTATE\tWHY\n"
            "dev-04\tfailed\thealth EXIT_139, went back by itself\n"
            "l\\x1b[2Jap\\x091\tx\tz\n");
}

TEST(TableTest, QuotesOfFiltersStayReadable) {
  EXPECT_EQ(Shown("os = \"linux\""), "os = \"linux\"");
  EXPECT_EQ(Shown("a\u202Eb"), "a\\xe2\\x80\\xaeb");
}

TEST(JsonTest, ListsOfNothingAreEmptyLists) {
  EXPECT_EQ(ToJsonList(std::vector<v1::Token>{}).text, "[]");
}

TEST(JsonTest, ListsAreOneElementALine) {
  v1::Token token;
  token.set_name("t-19");
  token.set_used(3);
  EXPECT_EQ(ToJsonList(std::vector<v1::Token>{token, token}).text,
            absl::StrCat("[", ToJson(token).text, ",\n ", ToJson(token).text, "]"));
}

TEST(JsonTest, ObjectsEscapeWhatJsonMust) {
  EXPECT_EQ(JsonObject({{"name", "a\"b"}}).text, "{\"name\":\"a\\\"b\"}");
  EXPECT_EQ(JsonObject({{"text", "true"}, {"truth", true}, {"no", false}}).text,
            "{\"text\":\"true\",\"truth\":true,\"no\":false}");
}

// Quotes, brackets and commas within texts do not end anything.
TEST(JsonTest, FieldsAreFoundWhateverTheTextsHave) {
  const Json object = JsonObject({{"a", "x,\"}],[{"}, {"b", "y\\"}, {"c", true}});
  EXPECT_THAT(SelectFields(object, {"b"}), IsOkAndHolds("{\"b\":\"y\\\\\"}"));
  EXPECT_THAT(SelectFields(object, {"c", "a"}), IsOkAndHolds("{\"c\":true,\"a\":\"x,\\\"}],[{\"}"));
  EXPECT_THAT(SelectFields(JsonList({object, object}), {"c"}),
              IsOkAndHolds("[{\"c\":true},\n {\"c\":true}]"));
  EXPECT_THAT(SelectFields(object, {"d"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("there are a b c")));
  EXPECT_EQ(JsonLines(JsonList({object, object}).text),
            absl::StrCat(object.text, "\n", object.text, "\n"));
  EXPECT_EQ(JsonLines("[]"), "");
}

TEST(JsonTest, FieldsOfMessagesWithinMessagesAreOneObject) {
  v1::HostDetails details;
  details.mutable_host()->set_id("ab");
  details.mutable_host()->set_hostname("dev-04");
  const Json json = ToJson(details);
  EXPECT_THAT(SelectFields(json, {"host.hostname", "enrolledMs", "host.id"}),
              IsOkAndHolds("{\"host\":{\"hostname\":\"dev-04\",\"id\":\"ab\"},"
                           "\"enrolledMs\":\"0\"}"));
  // A message that is not set could be there.
  EXPECT_THAT(SelectFields(json, {"environment"}), IsOkAndHolds("{\"environment\":null}"));
  EXPECT_THAT(SelectFields(json, {"host.name"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'host.name'")));
}

TEST(TableTest, ColumnsArePickedByTheirHeaders) {
  const auto table = HostTable().Select({"why", "Name"});
  ASSERT_THAT(table, IsOk());
  EXPECT_THAT(table->Render(ConsoleFacts{}), ::testing::StartsWith("WHY\tNAME\nhealth EXIT_139"));
  EXPECT_THAT(HostTable().Select({"nothing"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("there are name state why")));
}

TEST(WordsTest, SizesAndCounts) {
  EXPECT_EQ(SizeWords(0), "0 B");
  EXPECT_EQ(SizeWords(999), "999 B");
  EXPECT_EQ(SizeWords(2100), "2.1 kB");
  EXPECT_EQ(SizeWords(13'800'000), "13.8 MB");
  EXPECT_EQ(SizeWords(999'999), "1.0 MB");
  EXPECT_EQ(CountWords(7), "7");
  EXPECT_EQ(CountWords(1000), "1,000");
  EXPECT_EQ(CountWords(18'412'123), "18,412,123");
}

TEST(WordsTest, SharesAreExact) {
  EXPECT_EQ(ShareWords(0), "0 %");
  EXPECT_EQ(ShareWords(20'000), "2 %");
  EXPECT_EQ(ShareWords(500), "0.05 %");
  EXPECT_EQ(ShareWords(1), "0.0001 %");
  EXPECT_EQ(ShareWords(1'000'000), "100 %");
}

TEST(WordsTest, Spans) {
  EXPECT_EQ(SpanWords(absl::Hours(26)), "26 h");
  EXPECT_EQ(SpanWords(absl::Hours(24 * 14)), "14 d");
  EXPECT_EQ(SpanWords(absl::Seconds(90)), "90 s");
  EXPECT_EQ(SpanWords(absl::ZeroDuration()), "0 s");
  EXPECT_EQ(SpanWords(absl::Milliseconds(1)), "1 ms");
  EXPECT_EQ(ExactSpanWords(absl::Minutes(90)), "90 min");
  EXPECT_EQ(ExactSpanWords(absl::Milliseconds(1)), "1 ms");
  EXPECT_EQ(ExactSpanWords(absl::Hours(720)), "30 d");
}

TEST(WordsTest, TimesAndDigests) {
  const absl::Time time = absl::FromUnixSeconds(1767225600);
  EXPECT_EQ(TimeWords(time), "2026-01-01 00:00 UTC");
  EXPECT_EQ(TimeWords(absl::UnixEpoch()), "never");
  EXPECT_EQ(SinceWords(time, time + absl::Milliseconds(1432)), "1 s ago");
  EXPECT_EQ(SinceWords(time, time + absl::Milliseconds(999)), "now");
  EXPECT_EQ(SinceWords(time, time - absl::Milliseconds(59432)), "in 59 s");
  EXPECT_EQ(SinceWords(time, time + absl::Minutes(3)), "3 min ago");
  EXPECT_EQ(SinceWords(time, time - absl::Hours(5)), "in 5 h");
  EXPECT_EQ(SinceWords(time, time), "now");
  const base::Digest digest = base::Sha256().Add("abc").Finish();
  EXPECT_EQ(ShortDigest(digest), "ba7816bf");
  EXPECT_THAT(SpokenDigest(digest), ::testing::StartsWith("ba78 16bf 8f01 "));
}

TEST(ExitCodeTest, EachKindOfErrorHasItsOwn) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(absl::InternalError("")), 1);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("")), 2);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("")), 3);
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError("")), 4);
  EXPECT_EQ(ExitCodeOf(absl::UnauthenticatedError("")), 4);
  EXPECT_EQ(ExitCodeOf(absl::FailedPreconditionError("")), 5);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("")), 6);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("")), 6);
  EXPECT_EQ(ExitCodeOf(trust::Refuse(v1::Refusal::SIGNATURES, "1 of 2")), 5);
}

TEST(ConfirmTest, TypedOrFlaggedIsOk) {
  testing::FakeConsole console;
  EXPECT_THAT(Confirm(console, {"Type the name", "agent-4.2", "--yes", true}), IsOk());
  console.WillType(" agent-4.2 ");
  EXPECT_THAT(Confirm(console, {"Type the name", "agent-4.2", "--yes", false}), IsOk());
  EXPECT_THAT(console.err(), HasSubstr("Type the name (agent-4.2): "));
}

TEST(ConfirmTest, AnotherWordChangesNothing) {
  testing::FakeConsole console;
  console.WillType("y");
  EXPECT_THAT(Confirm(console, {"Type the name", "agent-4.2", "--yes", false}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("nothing was changed")));
}

TEST(ConfirmTest, WithoutAPersonTheFlagIsNamed) {
  testing::FakeConsole console;
  EXPECT_THAT(Confirm(console, {"Type the name", "agent-4.2", "--yes", false}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--yes")));
}

}  // namespace
}  // namespace mig::ctl
