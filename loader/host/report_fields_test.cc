#include "loader/host/report_fields.h"

#include <string>

#include "base/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "loader/host/testing/given_host_facts.h"

namespace mig::loader {
namespace {

using base::testing::IsOk;
using base::testing::StatusIs;
using ::testing::HasSubstr;

v1::Environment Everything() {
  v1::Environment environment = testing::GivenHostFacts().Environment();
  environment.set_operator_("ana");
  environment.set_utc_offset_min(60);
  for (const char* name : {"rack", "site"}) {
    v1::Tag& tag = *environment.add_tags();
    tag.set_name(name);
    tag.set_value("x");
  }
  return environment;
}

TEST(ReportFieldsTest, WithoutAnyOnlyWhatCannotBeTakenAwayStays) {
  v1::Environment expected;
  expected.set_utc_offset_min(60);
  expected.set_loader_version("1.0.0");
  EXPECT_EQ(KeepFields({}, Everything()).SerializeAsString(), expected.SerializeAsString());
}

TEST(ReportFieldsTest, AllOfThemTakeNothingAway) {
  const std::vector<std::string> all = {
      "hostname", "os",       "distribution", "distribution_version",
      "kernel",   "arch",     "init",         "model",
      "address",  "operator", "proxied",      "time_zone",
      "tags"};
  EXPECT_THAT(CheckReportFields(all), IsOk());
  EXPECT_EQ(KeepFields(all, Everything()).SerializeAsString(), Everything().SerializeAsString());
}

TEST(ReportFieldsTest, TagsCanBeKeptOneByOne) {
  const v1::Environment kept = KeepFields({"os", "tags.site"}, Everything());
  ASSERT_EQ(kept.tags_size(), 1);
  EXPECT_EQ(kept.tags(0).name(), "site");
  EXPECT_EQ(kept.os(), "linux");
  EXPECT_EQ(kept.hostname(), "");
}

TEST(ReportFieldsTest, AnEntryThatIsNoFieldIsNamed) {
  EXPECT_THAT(CheckReportFields({"os", "host\nname"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("host\\x0aname")));
  EXPECT_THAT(CheckReportFields({"tags."}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(CheckReportFields({"utc_offset_min"}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(CheckReportFields({"os", "os"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("twice")));
  EXPECT_THAT(CheckReportFields(std::vector<std::string>(129, "os")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("129")));
}

}  // namespace
}  // namespace mig::loader
