// Assertions, exit statuses, text and JSON of one made-up summary.

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/testing/status_matchers.h"
#include "sim/report/assertion.h"
#include "sim/report/figures.h"
#include "sim/report/json.h"
#include "sim/report/outcome.h"
#include "sim/report/reported.h"
#include "sim/report/text.h"
#include "sim/report/words.h"

namespace mig::sim {
namespace {

using base::testing::IsOk;
using base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Result = Verdict::Result;

Summary GoodSummary() {
  Summary s;
  s.scenario = "herd";
  s.mode = Mode::kLive;
  s.seed = 7;
  s.loaders = 500;
  s.runs = s.runs_intended = 2'000;
  s.check_ins = 2'003;
  s.calls = 6'000;
  s.handshakes_full = 2'000;
  s.on_newest = 500;
  s.hosts_by_version = {{"1.1", 500}};
  s.peak_rss_mib = 312.25;
  s.promises_checked = 9'412'008;
  for (int i = 0; i < 1'000; ++i) s.phases[Phase::kCheckIn].Add(absl::Milliseconds(20));
  return s;
}

Scenario Demanding(std::vector<std::string> assertions) {
  Scenario scenario;
  scenario.file = "sim/scenarios/herd.txtpb";
  scenario.assertions = std::move(assertions);
  return scenario;
}

v1::Outcome Said(v1::Outcome::Kind kind, v1::Outcome::Result result) {
  v1::Outcome outcome;
  outcome.set_kind(kind);
  outcome.set_result(result);
  return outcome;
}

TEST(ReportedTest, EachOutcomeIsOfOneKindAndTheyAddUp) {
  Summary s;
  CountReported(Said(v1::Outcome::INSTALL, v1::Outcome::HEALTHY), s);
  CountReported(Said(v1::Outcome::FALLBACK, v1::Outcome::HEALTHY), s);
  CountReported(Said(v1::Outcome::ADOPT, v1::Outcome::HEALTHY), s);
  CountReported(Said(v1::Outcome::INSTALL, v1::Outcome::WENT_BACK), s);
  CountReported(Said(v1::Outcome::REPAIR, v1::Outcome::CANNOT_GO_BACK), s);
  CountReported(Said(v1::Outcome::REPAIR, v1::Outcome::HEALTHY), s);
  CountReported(Said(v1::Outcome::INSTALL, v1::Outcome::UNCHANGED), s);
  CountReported(Said(v1::Outcome::REFUSAL, v1::Outcome::UNCHANGED), s);
  CountReported(Said(v1::Outcome::NOTICE, v1::Outcome::HEALTHY), s);
  CountReported(v1::Outcome(), s);

  EXPECT_EQ(s.installs_reported, 3u);
  EXPECT_EQ(s.went_back_reported, 2u);
  EXPECT_EQ(s.repairs_reported, 1u);
  EXPECT_EQ(s.others_reported, 4u);
  EXPECT_EQ(s.reports, 10u);
}

struct Demand {
  std::string text;
  Result result;
  std::string seen;
};
class AssertionTest : public ::testing::TestWithParam<Demand> {};

TEST_P(AssertionTest, IsJudgedByWhatWasSeen) {
  Summary summary = GoodSummary();
  summary.errors_by_status = {{"UNAVAILABLE", 3}};
  const auto assertion = ParseAssertion(GetParam().text);
  ASSERT_THAT(assertion, IsOk());

  const Verdict verdict = Judge(*assertion, summary);

  EXPECT_EQ(verdict.result, GetParam().result);
  EXPECT_EQ(verdict.seen, GetParam().seen);
}

INSTANTIATE_TEST_SUITE_P(
    All, AssertionTest,
    ::testing::Values(Demand{"check_ins == 2003", Result::kHeld, "2,003"},
                      Demand{"check_ins==2003", Result::kHeld, "2,003"},
                      Demand{"check_ins == 2002", Result::kFailed, "2,003"},
                      Demand{"check_ins < 2003", Result::kFailed, "2,003"},
                      Demand{"check_ins <= 2003", Result::kHeld, "2,003"},
                      Demand{"check_ins > 2003", Result::kFailed, "2,003"},
                      Demand{"check_ins >= 2003", Result::kHeld, "2,003"},
                      Demand{"hosts_on_newest == 500", Result::kHeld, "500"},
                      Demand{"p99_check_in < 50ms", Result::kHeld, "20.0 ms"},
                      Demand{"p99_check_in < 0.05 s", Result::kHeld, "20.0 ms"},
                      Demand{"p99_check_in < 20ms", Result::kFailed, "20.0 ms"},
                      Demand{"max_check_in == 20ms", Result::kHeld, "20.0 ms"},
                      Demand{"p99.9_check_in <= 20ms", Result::kHeld, "20.0 ms"},
                      Demand{"error_rate < 0.06 %", Result::kHeld, "0.05 % (3 of 6,000)"},
                      Demand{"error_rate < 0.05%", Result::kFailed, "0.05 % (3 of 6,000)"},
                      Demand{"peak_rss_mib <= 800", Result::kHeld, "312 MiB"},
                      // Without samples nothing holds.
                      Demand{"p99_fetch < 50ms", Result::kFailed, "no samples"},
                      Demand{"p99_fetch >= 0ms", Result::kFailed, "no samples"},
                      Demand{"coordinator_rss_mib < 800", Result::kFailed, "no samples"}));

TEST(AssertionTest, AnErrorRateWithoutCallsFails) {
  EXPECT_EQ(Judge(*ParseAssertion("error_rate <= 100 %"), Summary()).result, Result::kFailed);
}

TEST(AssertionTest, WhatIsNoneIsRefusedWithAWayOut) {
  for (const auto& [text, way_out] : std::vector<std::pair<std::string, std::string>>{
           {"", "write NAME OP NUMBER"},
           {"check_ins", "write NAME OP NUMBER"},
           {"check_ins ==", "write NAME OP NUMBER"},
           {"== 5", "write NAME OP NUMBER"},
           {std::string(201, 'a'), "write NAME OP NUMBER"},
           {"p98_check_in < 50ms", "no figure p98_check_in"},
           {"p99_checkin < 50ms", "no figure p99_checkin"},
           {"check_ins = 5", "one of < <= == >= >"},
           {"check_ins != 5", "one of < <= == >= >"},
           {"check_ins == 5.5", "whole number"},
           {"check_ins == -5", "whole number"},
           {"check_ins == +5", "whole number"},
           {"check_ins == 5 %", "whole number"},
           {"check_ins == 5ms", "whole number"},
           {"check_ins == 18446744073709551616", "whole number"},
           {"p99_check_in < 50", "50ms or 1.5s"},
           {"p99_check_in < 50m", "50ms or 1.5s"},
           {"p99_check_in < -5ms", "50ms or 1.5s"},
           {"p99_check_in < infs", "50ms or 1.5s"},
           {"p99_check_in < 1h5s", "50ms or 1.5s"},
           {"p99_check_in < 5 %", "50ms or 1.5s"},
           {"error_rate < 0.01", "0.01 %"},
           {"error_rate < 101 %", "0 to 100"},
           {"error_rate < 1e-3 %", "0.01 %"},
           {"error_rate < nan%", "0.01 %"},
           {"peak_rss_mib < 800 MiB", "without a unit"}}) {
    EXPECT_THAT(ParseAssertion(text),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(way_out)))
        << text;
  }
}

TEST(FiguresTest, EachHasANameOfItsOwn) {
  std::set<std::string> names;
  for (const Figure& figure : FiguresOf(Summary())) {
    EXPECT_TRUE(names.insert(figure.name).second) << figure.name;
  }
}

TEST(OutcomeTest, WholeAndHeldIs0) {
  EXPECT_EQ(OutcomeOf(Demanding({"check_ins == 2003"}), GoodSummary()).exit, 0);
  EXPECT_EQ(OutcomeOf(Demanding({}), GoodSummary()).exit, 0);
}

TEST(OutcomeTest, WhatMakesTheRestMeaninglessDecidesFirst) {
  const Scenario scenario = Demanding({"check_ins == 1", "runs > 0"});
  Summary s = GoodSummary();
  EXPECT_EQ(OutcomeOf(scenario, s).exit, 99);
  s.runs = 1'999;
  EXPECT_EQ(OutcomeOf(scenario, s).exit, 111);
  s.ending = Ending::kInterrupted;
  EXPECT_EQ(OutcomeOf(scenario, s).exit, 105);
  s.violation = Violation();
  EXPECT_EQ(OutcomeOf(scenario, s).exit, 110);
}

TEST(OutcomeTest, EachEarlyEndIs105) {
  for (const Ending ending : {Ending::kCoordinatorGone, Ending::kNoAnswer, Ending::kInterrupted}) {
    Summary s = GoodSummary();
    s.ending = ending;
    EXPECT_EQ(OutcomeOf(Demanding({}), s).exit, 105);
  }
}

TEST(OutcomeTest, OneRunInTwentyMayBeginLate) {
  Summary s = GoodSummary();
  s.generator_behind = 100;
  EXPECT_FALSE(IsRateNotKept(s));
  s.generator_behind = 101;
  EXPECT_TRUE(IsRateNotKept(s));
}

TEST(OutcomeTest, MachinesThatAreOffInVirtualTimeMissNoRate) {
  Summary s = GoodSummary();
  s.mode = Mode::kVirtual;
  s.runs = 5;
  EXPECT_FALSE(IsRateNotKept(s));
}

TEST(TextTest, SaysWhatAPersonAsksFor) {
  Summary s = GoodSummary();
  s.errors_by_status = {{"DEADLINE_EXCEEDED", 13}, {"UNAVAILABLE", 131}};
  const std::string text =
      ToText(OutcomeOf(Demanding({"p99_check_in < 50ms", "check_ins == 1"}), s));

  EXPECT_THAT(text, AllOf(HasSubstr("loaders 500  runs 2,000 of 2,000 intended  check-ins 2,003"),
                          HasSubstr("ok p99_check_in < 50ms  20.0 ms\n"),
                          HasSubstr("x  check_ins == 1       2,003\n"),
                          HasSubstr("check_in      20.0 ms   20.0 ms   20.0 ms"),
                          HasSubstr("generator behind: 0\n"),
                          HasSubstr("ERRORS      DEADLINE_EXCEEDED 13, UNAVAILABLE 131\n"),
                          HasSubstr("checked 9,412,008x: held\n")));
  EXPECT_THAT(text, AllOf(HasSubstr("seed 7 "), HasSubstr("exit 99: an assertion failed\n"),
                          HasSubstr("mig-sim run sim/scenarios/herd.txtpb --live --seed 7\n")));
}

TEST(TextTest, ABrokenPromiseHasItsTraceAndTheCommandThatReplaysIt) {
  Summary s = GoodSummary();
  s.mode = Mode::kVirtual;
  s.seed = std::numeric_limits<uint64_t>::max();
  s.violation = Violation{.promise = "3: a host runs the old set or the new set",
                          .host = "host-17",
                          .at = absl::Minutes(90),
                          .what = "agent is new, configuration is old",
                          .trace = {"committed", "power cut", "\033[2Jrestarted"}};

  const std::string text = ToText(OutcomeOf(Demanding({}), s));

  EXPECT_THAT(text, AllOf(HasSubstr("BROKEN"), HasSubstr("promise 3: a host runs"),
                          HasSubstr("on host-17 at 1h30m: agent is new"),
                          HasSubstr("    committed\n    power cut\n    \\x1b[2Jrestarted\n"),
                          HasSubstr("mig-sim run sim/scenarios/herd.txtpb --virtual --seed "
                                    "18446744073709551615\n"),
                          HasSubstr("exit 110: a promise is broken\n")));
}

TEST(TextTest, ReportsSayWhatTheyAreAboutWhereNotAllAreInstalls) {
  Summary s = GoodSummary();
  s.reports = s.installs_reported = 1'000;
  EXPECT_THAT(ToText(OutcomeOf(Demanding({}), s)), HasSubstr("  reports 1,000  enrollments"));
  s.reports = 1'059;
  s.others_reported = 57;
  s.went_back_reported = 2;
  EXPECT_THAT(ToText(OutcomeOf(Demanding({}), s)),
              HasSubstr("  reports 1,059 (installs 1,000, went back 2, others 57)  enrollments"));
}

TEST(TextTest, AReplayCommandCanBeTyped) {
  Outcome outcome = OutcomeOf(Demanding({}), GoodSummary());
  outcome.file = "my herd's.txtpb";
  EXPECT_EQ(ReplayCommand(outcome), "mig-sim run 'my herd'\\''s.txtpb' --live --seed 7");
}

TEST(TextTest, AnEarlyEndSaysWhy) {
  Summary s = GoodSummary();
  s.ending = Ending::kCoordinatorGone;
  s.ending_text = "the coordinator ended with status 9";
  EXPECT_THAT(ToText(OutcomeOf(Demanding({}), s)),
              AllOf(HasSubstr("ENDED EARLY the coordinator ended with status 9"),
                    HasSubstr("exit 105: ended early")));
}

google::protobuf::Struct Parsed(const std::string& json) {
  google::protobuf::Struct object;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &object);
  EXPECT_TRUE(status.ok()) << status.ToString() << "\n" << json;
  return object;
}

TEST(JsonTest, IsOneObjectWithTheKeysThatWerePromised) {
  Summary s = GoodSummary();
  s.mode = Mode::kVirtual;
  s.outcome_hash = std::string(64, 'a');
  s.errors_by_status = {{"UNAVAILABLE", 3}};

  const std::string json = ToJson(OutcomeOf(Demanding({"check_ins == 2003", "p99_fetch < 1s"}), s));

  EXPECT_THAT(json, Not(HasSubstr("\n")));
  const auto fields = Parsed(json).fields();
  EXPECT_EQ(fields.at("outcome_hash").string_value(), s.outcome_hash);
  EXPECT_EQ(fields.at("loaders").number_value(), 500);
  EXPECT_EQ(fields.at("check_ins").number_value(), 2'003);
  EXPECT_EQ(fields.at("errors").number_value(), 3);
  EXPECT_EQ(fields.at("handshakes_full").number_value(), 2'000);
  EXPECT_EQ(fields.at("peak_rss_mib").number_value(), 312.25);
  EXPECT_EQ(fields.at("seed").number_value(), 7);
  EXPECT_EQ(fields.at("hosts_on_newest").number_value(), 500);
  const auto check_in = fields.at("phases").struct_value().fields().at("check_in").struct_value();
  EXPECT_EQ(check_in.fields().at("p99_ms").number_value(), 20);
  EXPECT_EQ(check_in.fields().at("n").number_value(), 1'000);
  const auto& assertions = fields.at("assertions").list_value();
  ASSERT_EQ(assertions.values_size(), 2);
  EXPECT_TRUE(assertions.values(0).struct_value().fields().at("ok").bool_value());
  EXPECT_FALSE(assertions.values(1).struct_value().fields().at("ok").bool_value());
  EXPECT_TRUE(assertions.values(1).struct_value().fields().at("value").has_null_value());
  const auto fetch = fields.at("phases").struct_value().fields().at("fetch").struct_value();
  EXPECT_EQ(fetch.fields().at("n").number_value(), 0);
  EXPECT_TRUE(fetch.fields().at("p99_ms").has_null_value());
}

TEST(JsonTest, EachCountThatCanBeAssertedIsThere) {
  const auto fields = Parsed(ToJson(OutcomeOf(Demanding({}), GoodSummary()))).fields();
  for (const Figure& figure : FiguresOf(Summary())) {
    if (figure.kind == Figure::Kind::kTime) continue;
    EXPECT_TRUE(fields.contains(figure.name)) << figure.name;
  }
  EXPECT_TRUE(fields.at("outcome_hash").has_null_value()) << "of --virtual only";
}

TEST(JsonTest, TheLargestSeedHasAllItsDigits) {
  Summary s = GoodSummary();
  s.seed = std::numeric_limits<uint64_t>::max();
  EXPECT_THAT(ToJson(OutcomeOf(Demanding({}), s)), HasSubstr("\"seed\":18446744073709551615,"));
}

TEST(WordsTest, HaveThreeDigitsAndAUnit) {
  EXPECT_EQ(LatencyWords(absl::Microseconds(421)), "0.42 ms");
  EXPECT_EQ(LatencyWords(absl::Microseconds(9'999)), "10.0 ms");
  EXPECT_EQ(LatencyWords(absl::Milliseconds(190)), "190 ms");
  EXPECT_EQ(LatencyWords(absl::Milliseconds(1'250)), "1.25 s");
  EXPECT_EQ(LatencyWords(absl::Seconds(2'000)), "33m20s");
  EXPECT_EQ(SpanWords(absl::Seconds(192)), "03m12s");
  EXPECT_EQ(SpanWords(absl::Hours(26)), "26h00m");
  EXPECT_EQ(SpanWords(absl::Hours(24 * 7)), "7d00h");
  EXPECT_EQ(CountWords(722'160), "722,160");
  EXPECT_EQ(CountWords(0), "0");
  EXPECT_EQ(PercentWords(0.02), "0.02 %");
  EXPECT_EQ(PercentWords(0.00001), "< 0.0001 %");
  EXPECT_EQ(PercentWords(100), "100 %");
}

}  // namespace
}  // namespace mig::sim
