#include "rollout/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/sizes.h"
#include "base/testing/status_matchers.h"
#include "rollout/testing/test_facts.h"
#include "trust/refusal.h"

namespace mig::rollout {
namespace {

using base::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TestEnvironment;
using testing::TestFacts;

Truth Evaluate(absl::string_view text, const Facts& facts) {
  const absl::StatusOr<Filter> filter = Filter::Parse(text, FieldSet::kPlan);
  EXPECT_THAT(filter, IsOk()) << text;
  return filter.ok() ? filter->Evaluate(facts) : Truth::kUnknown;
}

std::string Canonical(absl::string_view text, FieldSet fields = FieldSet::kPlan) {
  const absl::StatusOr<Filter> filter = Filter::Parse(text, fields);
  EXPECT_THAT(filter, IsOk()) << text;
  return filter.ok() ? filter->text() : "";
}

// The refusal's code and message.
std::string Refused(absl::string_view text, FieldSet fields = FieldSet::kPlan) {
  const absl::StatusOr<Filter> filter = Filter::Parse(text, fields);
  if (filter.ok()) return absl::StrCat("accepted as ", filter->text());
  const auto code = trust::RefusalOf(filter.status());
  return absl::StrCat(code.has_value() ? v1::Refusal::Code_Name(*code) : "no code", " ",
                      filter.status().message());
}

TEST(FilterTest, TermsAreTypedAndThreeValued) {
  const Facts facts = TestFacts(TestEnvironment(), {{"agent", "4.1.3"}});
  struct Case {
    absl::string_view text;
    Truth truth;
  };
  constexpr Truth kTrue = Truth::kTrue;
  constexpr Truth kFalse = Truth::kFalse;
  constexpr Truth kUnknown = Truth::kUnknown;
  const std::vector<Case> cases = {
      {"", kTrue},
      // Text: by bytes.
      {"distribution = \"debian\"", kTrue},
      {"distribution = \"Debian\"", kFalse},
      {"distribution != \"ubuntu\"", kTrue},
      {"proxied = \"no\"", kTrue},
      {"tags.site = \"ber\"", kTrue},
      {"tags.site:\"*\"", kTrue},
      {"id = \"0101010101010101010101010101010101010101010101010101010101010101\"", kTrue},
      // Versions.
      {"kernel >= \"6.1\"", kTrue},
      {"kernel < \"6.1.0-9\"", kFalse},
      {"kernel = \"6.1.0-18-amd64\"", kTrue},
      {"distribution_version = \"12.0\"", kFalse},
      {"distribution_version <= \"12\"", kTrue},
      {"loader.version > \"1.10\"", kFalse},
      {"release.agent < \"4.2\"", kTrue},
      {"release.agent != \"4.1.3\"", kFalse},
      {"release.agent:\"*\"", kTrue},
      // Addresses: any of them.
      {"address:\"10.0.0.0/8\"", kTrue},
      {"address:\"2001:db8::/32\"", kTrue},
      {"address:\"192.168.0.0/16\"", kFalse},
      // Missing is UNKNOWN, whatever is asked.
      {"model = \"T14\"", kUnknown},
      {"model != \"T14\"", kUnknown},
      {"model:\"*\"", kUnknown},
      {"NOT model:\"*\"", kUnknown},
      {"tags.floor != \"3\"", kUnknown},
      {"release.loader >= \"1\"", kUnknown},
      {"operator = \"ana\"", kUnknown},
      {"machine:\"*\"", kUnknown},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Evaluate(c.text, facts), c.truth) << c.text;
  }
}

TEST(FilterTest, AbsentAddressesAreUnknown) {
  v1::Environment environment = TestEnvironment();
  environment.clear_addresses();
  EXPECT_EQ(Evaluate("address:\"0.0.0.0/0\"", TestFacts(environment)), Truth::kUnknown);
}

TEST(FilterTest, AnEmptyTagIsNotAMissingOne) {
  v1::Environment environment = TestEnvironment();
  environment.mutable_tags(1)->clear_value();
  EXPECT_EQ(Evaluate("tags.site = \"\"", TestFacts(environment)), Truth::kTrue);
  EXPECT_EQ(Evaluate("tags.site:\"*\"", TestFacts(environment)), Truth::kTrue);
}

TEST(FilterTest, KleenesTables) {
  const Facts facts = TestFacts();
  const std::vector<std::pair<std::string, Truth>> values = {
      {"os = \"none\"", Truth::kFalse},
      {"model = \"T14\"", Truth::kUnknown},
      {"os = \"linux\"", Truth::kTrue},
  };
  for (const auto& [a, truth_a] : values) {
    const Truth negated = truth_a == Truth::kUnknown ? Truth::kUnknown
                          : truth_a == Truth::kTrue  ? Truth::kFalse
                                                     : Truth::kTrue;
    EXPECT_EQ(Evaluate(absl::StrCat("NOT ", a), facts), negated) << a;
    for (const auto& [b, truth_b] : values) {
      EXPECT_EQ(Evaluate(absl::StrCat(a, " AND ", b), facts), std::min(truth_a, truth_b))
          << a << " AND " << b;
      EXPECT_EQ(Evaluate(absl::StrCat(a, " OR ", b), facts), std::max(truth_a, truth_b))
          << a << " OR " << b;
    }
  }
}

TEST(FilterTest, EvidenceHasEveryTermWithWhatItSaw) {
  const Filter filter = *Filter::Parse(
      "distribution = \"debian\" AND (kernel < \"6\" OR NOT model = \"T14\")", FieldSet::kPlan);
  const std::vector<TermEvidence> evidence = filter.Explain(TestFacts());
  ASSERT_EQ(evidence.size(), 3u);
  EXPECT_EQ(evidence[0].term, "distribution = \"debian\"");
  EXPECT_EQ(evidence[0].truth, Truth::kTrue);
  EXPECT_EQ(evidence[0].seen, "debian");
  EXPECT_EQ(evidence[1].term, "kernel < \"6\"");
  EXPECT_EQ(evidence[1].truth, Truth::kFalse);
  EXPECT_EQ(evidence[1].seen, "6.1.0-18-amd64");
  EXPECT_EQ(evidence[2].truth, Truth::kUnknown);
  EXPECT_EQ(evidence[2].seen, std::nullopt);
}

TEST(FilterTest, ReadsAnySpellingAndPrintsTheCanonicalOne) {
  EXPECT_EQ(Canonical("  os=\"linux\"   and  kernel>=\"6.1\" "),
            "os = \"linux\" AND kernel >= \"6.1\"");
  EXPECT_EQ(Canonical("((os = \"linux\"))"), "os = \"linux\"");
  EXPECT_EQ(Canonical("(os = \"a\" OR os = \"b\") OR os = \"c\""),
            "os = \"a\" OR os = \"b\" OR os = \"c\"");
  EXPECT_EQ(Canonical("not (not (os = \"a\"))"), "os = \"a\"");
  EXPECT_EQ(Canonical("NOT (os = \"a\")"), "NOT os = \"a\"");
  EXPECT_EQ(Canonical("(NOT os = \"a\") AND (os = \"b\" or os = \"c\")"),
            "NOT os = \"a\" AND (os = \"b\" OR os = \"c\")");
  EXPECT_EQ(Canonical("NOT(os = \"a\" AND os = \"b\")"), "NOT (os = \"a\" AND os = \"b\")");
  EXPECT_EQ(Canonical("os = \"a\" AND NOT (NOT (os = \"b\" AND os = \"c\"))"),
            "os = \"a\" AND os = \"b\" AND os = \"c\"");
  EXPECT_EQ(Canonical("address : \"10.0.0.0/8\""), "address:\"10.0.0.0/8\"");
  EXPECT_EQ(Canonical(R"(tags.site = "a\"b\\c")"), R"(tags.site = "a\"b\\c")");
  EXPECT_EQ(Canonical("   "), "");
}

TEST(FilterTest, SignedTextMustBeCanonical) {
  EXPECT_THAT(Filter::ParseSigned("", FieldSet::kPlan), IsOk());
  EXPECT_THAT(Filter::ParseSigned("distribution = \"debian\" AND tags.site = \"ber\" AND kernel >= "
                                  "\"6.1\" AND address:\"10.0.0.0/8\"",
                                  FieldSet::kPlan),
              IsOk());
  for (const std::string text :
       {" ", "os=\"linux\"", "os  = \"linux\"", "os = \"linux\" ", "os = \"a\" and os = \"b\"",
        "(os = \"linux\")", "NOT (os = \"linux\")", "NOT (NOT os = \"linux\")",
        "address : \"10.0.0.0/8\"", "(os = \"a\" AND os = \"b\") AND os = \"c\""}) {
    const absl::StatusOr<Filter> filter = Filter::ParseSigned(text, FieldSet::kPlan);
    ASSERT_THAT(filter, Not(IsOk())) << text;
    EXPECT_EQ(trust::RefusalOf(filter.status()), v1::Refusal::FILTER) << text;
    EXPECT_THAT(std::string(filter.status().message()), HasSubstr("must be canonical text"));
  }
}

// ADVERSARY 49: unknown field, wrong type; and every message says where and what is expected.
TEST(FilterTest, ErrorsNameTheColumnAndWhatIsExpected) {
  EXPECT_THAT(Refused("colour = \"red\""),
              HasSubstr("FILTER filter, column 1: expected a field; 'colour' is no field"));
  EXPECT_THAT(Refused("os = \"linux\" AND labels.a = \"b\""),
              HasSubstr("column 18: expected a field; this filter may not read 'labels.a'"));
  EXPECT_THAT(Refused("os < \"linux\""),
              HasSubstr("column 4: expected one of the operators = != : (os is text)"));
  EXPECT_THAT(Refused("os"), HasSubstr("column 3: expected one of the operators"));
  EXPECT_THAT(Refused("os ! \"linux\""), HasSubstr("there is '!'"));
  EXPECT_THAT(Refused("os == \"linux\""), HasSubstr("column 5: expected a value in double quotes"));
  EXPECT_THAT(Refused("address = \"10.0.0.1\""),
              HasSubstr("expected one of the operators : (address is a list of addresses)"));
  EXPECT_THAT(Refused("os = linux"),
              HasSubstr("column 6: expected a value in double quotes, but there is 'linux'"));
  EXPECT_THAT(Refused("os = 'linux'"), HasSubstr("column 6"));
  EXPECT_THAT(Refused("distribution_version = 12"), HasSubstr("expected a value in double quotes"));
  EXPECT_THAT(Refused("os:\"linux\""), HasSubstr("column 4: expected \"*\" after the :"));
  EXPECT_THAT(Refused("address:\"10.0.0.1/8\""), HasSubstr("write 10.0.0.0/8"));
  EXPECT_THAT(Refused("kernel = \"\""), HasSubstr("expected a version"));
  EXPECT_THAT(Refused("os = \"linux"), HasSubstr("column 6: expected a closing \""));
  EXPECT_THAT(Refused(R"(os = "li\nux")"), HasSubstr("column 9: after a backslash"));
  EXPECT_THAT(Refused("os = \"a\" AND os = \"b\" OR os = \"c\""),
              HasSubstr("column 23: AND and OR side by side: expected parentheses"));
  EXPECT_THAT(Refused("(os = \"a\""), HasSubstr("column 10: expected AND, OR, or ), but the"));
  EXPECT_THAT(Refused("os = \"a\")"), HasSubstr("column 9: expected AND, OR, or the end"));
  EXPECT_THAT(Refused("os = \"a\" os = \"b\""), HasSubstr("column 10: expected AND, OR"));
  EXPECT_THAT(Refused("NOT NOT os = \"a\""), HasSubstr("column 5: expected a field or ("));
  EXPECT_THAT(Refused("AND"), HasSubstr("column 1: expected a field or ("));
  EXPECT_THAT(Refused("()"), HasSubstr("column 2: expected a field or ("));
  EXPECT_THAT(Refused("os = \"a\"\tAND os = \"b\""), HasSubstr("column 9"));
  EXPECT_THAT(Refused("tags. = \"a\""), HasSubstr("'tags.' is no field"));
  EXPECT_THAT(Refused("tags.Site = \"a\""), HasSubstr("'tags.Site' is no field"));
  // Columns count characters, not bytes.
  EXPECT_THAT(Refused("tags.site = \"\xc3\xbc\xc3\xb6\" OR x = \"\""), HasSubstr("column 21:"));
}

TEST(FilterTest, ValuesArePlainText) {  // ADVERSARY 34, 160
  EXPECT_THAT(Refused("tags.site = \"a\nb\""), HasSubstr("expected a value of plain text"));
  EXPECT_THAT(Refused("tags.site = \"\xff\""), HasSubstr("expected a value of plain text"));
  EXPECT_THAT(Refused("tags.site = \"\xe2\x80\xae\""), HasSubstr("expected a value of plain text"));
  EXPECT_THAT(Refused("\xe2\x80\xae"), Not(HasSubstr("\xe2\x80\xae")));
  EXPECT_THAT(Refused(absl::string_view("os = \"a\0b\"", 11)), HasSubstr("plain text"));
}

TEST(FilterTest, AManifestsVariantsReadFewerFields) {  // ADVERSARY 74
  for (const std::string field : {"os", "distribution", "distribution_version", "kernel", "arch",
                                  "init", "model", "tags.site"}) {
    EXPECT_THAT(Filter::Parse(absl::StrCat(field, " = \"1\""), FieldSet::kVariant), IsOk());
  }
  for (const std::string field : {"id", "hostname", "operator", "proxied", "time_zone", "machine",
                                  "loader.version", "release.agent", "labels.a", "state"}) {
    EXPECT_THAT(Refused(absl::StrCat(field, " = \"1\""), FieldSet::kVariant),
                HasSubstr("this filter may not read"));
  }
  EXPECT_THAT(Refused("address:\"10.0.0.0/8\"", FieldSet::kVariant),
              HasSubstr("it may read: os distribution distribution_version kernel arch init model "
                        "tags.NAME"));
}

TEST(FilterTest, BoundsOfSizeTermsAndDepth) {  // ADVERSARY 49
  const auto repeated = [](int count, absl::string_view with) {
    return absl::StrJoin(std::vector<std::string>(count, "os = \"a\""), with);
  };
  EXPECT_THAT(Refused(repeated(base::kMaxFilterTerms, " AND ")), HasSubstr("accepted"));
  EXPECT_THAT(Refused(repeated(base::kMaxFilterTerms + 1, " AND ")),
              HasSubstr("BOUND filter, col"));

  const std::string tail = "\"";
  const std::string head = "tags.site = \"";
  const size_t room = base::kMaxFilterBytes - head.size() - tail.size();
  EXPECT_THAT(Refused(absl::StrCat(head, std::string(room, 'x'), tail)), HasSubstr("accepted"));
  EXPECT_THAT(Refused(absl::StrCat(head, std::string(room + 1, 'x'), tail)),
              HasSubstr("BOUND a fi"));
  // Short as it is written, too long as canonical text.
  EXPECT_THAT(Refused(absl::StrCat("tags.site=\"", std::string(room, 'x'), "\"AND os=\"a\"")),
              HasSubstr("BOUND"));

  const auto nested = [](int depth) {
    return absl::StrCat(std::string(depth, '('), "os = \"a\"", std::string(depth, ')'));
  };
  EXPECT_THAT(Refused(nested(base::kMaxFilterDepth)), HasSubstr("accepted"));
  EXPECT_THAT(Refused(nested(base::kMaxFilterDepth + 1)), HasSubstr("BOUND filter, column 9"));
  EXPECT_THAT(Refused(nested(2'000)), HasSubstr("BOUND"));
  EXPECT_THAT(Refused(absl::StrCat("NOT (", nested(base::kMaxFilterDepth - 2), ")")),
              HasSubstr("accepted"));
  EXPECT_THAT(Refused(absl::StrCat("NOT (", nested(base::kMaxFilterDepth - 1), ")")),
              HasSubstr("BOUND"));
  // One after the other is not inside each other.
  EXPECT_THAT(Refused(absl::StrJoin(std::vector<std::string>(20, "NOT (os = \"a\")"), " AND ")),
              HasSubstr("accepted"));
}

TEST(FilterTest, WhereReadsTheCoordinatorsWordToo) {
  const Facts host = TestFacts(TestEnvironment(), {{"agent", "4.1.3"}});
  const Facts facts = host.With({.labels = {{"rack", "7"}},
                                 .state = "failed",
                                 .last_seen = absl::Hours(5),
                                 .seen_address = *IpAddress::Parse("192.0.2.7")});
  const auto where = [&](absl::string_view text) {
    const absl::StatusOr<Filter> filter = Filter::Parse(text, FieldSet::kWhere);
    EXPECT_THAT(filter, IsOk()) << text;
    return filter.ok() ? filter->Evaluate(facts) : Truth::kUnknown;
  };
  EXPECT_EQ(where("release.agent < \"4.2\" AND last_seen < 24h AND (state = \"failed\" OR state = "
                  "\"silent\")"),
            Truth::kTrue);
  EXPECT_EQ(where("last_seen < 5h"), Truth::kFalse);
  EXPECT_EQ(where("last_seen <= 4h60m"), Truth::kTrue);
  EXPECT_EQ(where("last_seen > 1w2d"), Truth::kFalse);
  EXPECT_EQ(where("labels.rack = 7 AND distribution_version >= 12"), Truth::kTrue);
  EXPECT_EQ(where("seen_address:\"192.0.2.0/24\""), Truth::kTrue);
  EXPECT_EQ(where("labels.floor = \"1\""), Truth::kUnknown);
  EXPECT_EQ(Filter::Parse("last_seen < 24h", FieldSet::kWhere)->Evaluate(host), Truth::kUnknown);

  EXPECT_EQ(Canonical("last_seen<24h", FieldSet::kWhere), "last_seen < 24h");
  EXPECT_EQ(Canonical("labels.rack=7", FieldSet::kWhere), "labels.rack = \"7\"");
  EXPECT_THAT(Refused("last_seen = 24h", FieldSet::kWhere), HasSubstr("< <= > >="));
  for (const std::string age : {"24", "\"24h\"", "h", "24x", "100000h", "1h30", "-1h", "1.5h"}) {
    EXPECT_THAT(Refused(absl::StrCat("last_seen < ", age), FieldSet::kWhere),
                HasSubstr("column 13: expected a duration without quotes"))
        << age;
  }
}

TEST(FilterTest, FieldsAreThoseThatAreReadEachOnce) {
  const Filter filter = *Filter::Parse(
      "tags.b = \"1\" OR os = \"a\" OR tags.a = \"1\" OR NOT os = \"b\"", FieldSet::kPlan);
  EXPECT_THAT(filter.Fields(), ElementsAre(Field{.kind = FieldKind::kOs},
                                           Field{.kind = FieldKind::kTag, .name = "a"},
                                           Field{.kind = FieldKind::kTag, .name = "b"}));
  EXPECT_TRUE(Filter().Fields().empty());
}

}  // namespace
}  // namespace mig::rollout
