#include "rollout/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "rollout/filter.h"
#include "rollout/report_fields.h"
#include "rollout/testing/test_facts.h"
#include "trust/refusal.h"

namespace mig::rollout {
namespace {

using base::testing::IsOk;
using base::testing::StatusIs;
using ::testing::HasSubstr;
using testing::HostIdOf;
using ::testing::Not;
using testing::TestEnvironment;
using testing::TestFacts;

TEST(FactsTest, ShowsValuesForPeople) {
  const Facts facts =
      TestFacts(TestEnvironment(), {{"agent", "4.1.3"}}).With({.last_seen = absl::Seconds(3700)});
  const auto shown = [&](absl::string_view field) {
    return facts.Shown(*Field::Parse(field, FieldSet::kWhere)).value_or("(missing)");
  };
  EXPECT_EQ(shown("kernel"), "6.1.0-18-amd64");
  EXPECT_EQ(shown("release.agent"), "4.1.3");
  EXPECT_EQ(shown("address"), "10.1.2.3, 2001:db8::7");
  EXPECT_EQ(shown("proxied"), "no");
  EXPECT_EQ(shown("last_seen"), "1h1m40s ago");
  EXPECT_EQ(shown("model"), "(missing)");
  EXPECT_EQ(shown("seen_address"), "(missing)");
}

TEST(FactsTest, ManyAddressesAreShownShort) {
  v1::Environment environment = TestEnvironment();
  environment.clear_addresses();
  for (int i = 1; i <= 9; ++i) environment.add_addresses(absl::StrCat("10.0.0.", i));
  EXPECT_EQ(TestFacts(environment).Shown({.kind = FieldKind::kAddress}),
            "10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, and 5 more");
}

// ADVERSARY 159: an inventory that is too large, or not text.
TEST(FactsTest, AnEnvironmentFromOutsideIsChecked) {
  struct Case {
    std::string message;
    v1::Refusal::Code code;
    std::function<void(v1::Environment&)> change;
  };
  const std::vector<Case> cases = {
      {"hostname has 257 bytes", v1::Refusal::BOUND,
       [](auto& e) { e.set_hostname(std::string(257, 'a')); }},
      {"kernel: ", v1::Refusal::MALFORMED, [](auto& e) { e.set_kernel("6.1\n"); }},
      {"init: must be", v1::Refusal::MALFORMED, [](auto& e) { e.set_init("upstart"); }},
      {"operator: must be", v1::Refusal::MALFORMED, [](auto& e) { e.set_operator_("Ana B"); }},
      {"loader.version: is missing", v1::Refusal::MALFORMED,
       [](auto& e) { e.clear_loader_version(); }},
      {"utc_offset_min: 1081", v1::Refusal::MALFORMED, [](auto& e) { e.set_utc_offset_min(1081); }},
      {"utc_offset_min: -1081", v1::Refusal::MALFORMED,
       [](auto& e) { e.set_utc_offset_min(-1081); }},
      {"is no IPv4 or IPv6 address", v1::Refusal::MALFORMED,
       [](auto& e) { e.set_addresses(0, "10.1.2.3/8"); }},
      {"out of order", v1::Refusal::MALFORMED, [](auto& e) { e.set_addresses(0, "3001:db8::1"); }},
      {"doubled", v1::Refusal::MALFORMED, [](auto& e) { e.set_addresses(1, "10.1.2.3"); }},
      {"address has 65 entries", v1::Refusal::BOUND,
       [](auto& e) {
         e.clear_addresses();
         for (int i = 100; i < 165; ++i) e.add_addresses(absl::StrCat("10.0.0.", i));
       }},
      {"tags: 'Role' is no name", v1::Refusal::MALFORMED,
       [](auto& e) { e.mutable_tags(0)->set_name("Role"); }},
      {"tags: 'role' is doubled or out of order", v1::Refusal::MALFORMED,
       [](auto& e) { e.mutable_tags(1)->set_name("role"); }},
      {"tags.site: ", v1::Refusal::MALFORMED,
       [](auto& e) { e.mutable_tags(1)->set_value("\xe2\x80\xae"); }},
      {"tags has 65 entries", v1::Refusal::BOUND,
       [](auto& e) {
         for (int i = 0; i < 63; ++i) e.add_tags()->set_name("z");
       }},
      {"it has", v1::Refusal::BOUND,
       [](auto& e) {
         e.clear_tags();
         for (int i = 10; i < 74; ++i) {
           auto* tag = e.add_tags();
           tag->set_name(absl::StrCat("t", i));
           tag->set_value(std::string(256, 'x'));
         }
       }},
  };
  for (const Case& c : cases) {
    v1::Environment environment = TestEnvironment();
    c.change(environment);
    const absl::StatusOr<Facts> facts = Facts::From({.host_id = HostIdOf('\1')}, environment, {});
    ASSERT_THAT(facts, Not(IsOk())) << c.message;
    EXPECT_EQ(trust::RefusalOf(facts.status()), c.code) << facts.status();
    EXPECT_THAT(std::string(facts.status().message()), HasSubstr(c.message));
  }
}

TEST(ReportFieldsTest, WhatIsLeftOutIsUnknownOnBothSides) {
  const std::vector<std::string> names = {"os", "address", "tags.site"};
  const absl::StatusOr<ReportFields> fields = ReportFields::Parse(names);
  ASSERT_THAT(fields, IsOk());
  const v1::Environment sent = fields->Prune(TestEnvironment());
  const Facts facts = TestFacts(sent, {{"agent", "4.1.3"}});

  const auto evaluate = [&](absl::string_view text) {
    return Filter::Parse(text, FieldSet::kPlan)->Evaluate(facts);
  };
  EXPECT_EQ(evaluate("os = \"linux\" AND address:\"10.0.0.0/8\" AND tags.site = \"ber\""),
            Truth::kTrue);
  for (const std::string text :
       {"hostname:\"*\"", "distribution:\"*\"", "distribution_version:\"*\"", "kernel:\"*\"",
        "arch:\"*\"", "init:\"*\"", "proxied:\"*\"", "tags.role:\"*\""}) {
    EXPECT_EQ(evaluate(text), Truth::kUnknown) << text;
  }
  // What cannot be taken away.
  EXPECT_EQ(evaluate("loader.version = \"1.9.0\" AND release.agent = \"4.1.3\" AND id:\"*\""),
            Truth::kTrue);
  EXPECT_EQ(facts.utc_offset_min(), 60);
}

TEST(ReportFieldsTest, NoListReportsEverythingAndAnEmptyOneNothing) {
  EXPECT_EQ(ReportFields::All().Prune(TestEnvironment()).SerializeAsString(),
            TestEnvironment().SerializeAsString());

  v1::Environment least;
  least.set_loader_version("1.9.0");
  least.set_utc_offset_min(60);
  EXPECT_EQ(ReportFields::Parse({})->Prune(TestEnvironment()).SerializeAsString(),
            least.SerializeAsString());

  const std::vector<std::string> all_tags = {"tags.*"};
  EXPECT_EQ(ReportFields::Parse(all_tags)->Prune(TestEnvironment()).tags_size(), 2);
}

TEST(ReportFieldsTest, NamesWhatCannotBeListed) {
  for (const std::string name : {"id", "machine", "loader.version", "release.agent", "labels.a",
                                 "utc_offset_min", "colour", "", "tags.", "tags.A"}) {
    const std::vector<std::string> names = {"os", name};
    EXPECT_THAT(ReportFields::Parse(names),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr(absl::StrCat("report_fields: '", name, "' cannot be listed"))));
  }
}

}  // namespace
}  // namespace mig::rollout
