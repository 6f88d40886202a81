#include "coordinator/server/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "base/memory_file_system.h"
#include "base/path.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"
#include "coordinator/server/config_template.h"

namespace mig::coordinator {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::StatusIs;
using ::testing::HasSubstr;

constexpr absl::string_view kPath = "/etc/mig/coordinator.toml";

absl::StatusOr<Config> Load(absl::string_view text) {
  base::MemoryFileSystem disk;
  EXPECT_THAT(base::MakeDirs(disk, "/etc/mig", 0755), IsOk());
  const auto parent = base::OpenParent(disk, kPath);
  EXPECT_THAT(base::WriteDurably(*parent->directory, parent->name, text, 0644), IsOk());
  return Config::Load(disk, kPath);
}

std::string Template() { return ConfigTemplate("co-1", "corp.example"); }

TEST(CoordinatorConfigTest, TheTemplateLoadsAndItsPathsBeginAtItsDirectory) {
  const absl::StatusOr<Config> config = Load(Template());

  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->name, "co-1");
  EXPECT_EQ(config->trust_domain, "corp.example");
  EXPECT_EQ(config->loaders_listen.ToString(), "0.0.0.0:8443");
  EXPECT_EQ(config->metrics_listen.ToString(), "127.0.0.1:9090");
  EXPECT_EQ(config->store, "/etc/mig/store.db");
  EXPECT_EQ(config->operator_token, "/etc/mig/operator.token");
}

TEST(CoordinatorConfigTest, TheTemplatesLimitsAreThoseWithoutATable) {
  const std::string with = Template();
  const std::string without = with.substr(0, with.find("[limits]"));
  ASSERT_NE(with, without);
  EXPECT_EQ(Load(with)->limits, HostLimits());
  EXPECT_EQ(Load(without)->limits, HostLimits());
  EXPECT_EQ(Load(with)->enrollment_limits.each, RateLimiter::Options().each);
  EXPECT_EQ(Load(with)->enrollment_limits.sum, RateLimiter::Options().sum);
}

TEST(CoordinatorConfigTest, LimitsAreRead) {
  const auto config =
      Load(absl::StrReplaceAll(Template(), {{"check_in_burst = 128", "check_in_burst = 1000000"},
                                            {"\"250ms\"", "\"1us\""}}));
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->limits.check_in.burst, 1'000'000);
  EXPECT_EQ(config->limits.fetch.interval, absl::Microseconds(1));
}

TEST(CoordinatorConfigTest, ALimitThatWouldStopARunIsRefusedWithItsBounds) {
  for (const absl::string_view key : {"check_in_burst", "fetch_burst", "report_burst"}) {
    std::string text = Template();
    const size_t at = text.find(absl::StrCat(key, " = ")) + key.size() + 3;
    text.replace(at, text.find('\n', at) - at, "1");
    EXPECT_THAT(Load(text).status(), StatusIs(absl::StatusCode::kInvalidArgument,
                                              HasSubstr(absl::StrCat(key, ": is 1; it takes "))));
  }
}

TEST(CoordinatorConfigTest, AnIntervalOfNothingIsRefused) {
  for (const absl::string_view text : {"\"0s\"", "\"-5s\"", "\"25h\"", "\"soon\""}) {
    EXPECT_THAT(Load(absl::StrReplaceAll(Template(), {{"\"1h\"", text}})).status(),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("renew_interval: ")));
  }
}

TEST(CoordinatorConfigTest, AnAbsolutePathIsTakenAsItIs) {
  const auto config =
      Load(absl::StrReplaceAll(Template(), {{"\"store.db\"", "\"/var/lib/mig/store.db\""}}));

  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->store, "/var/lib/mig/store.db");
}

TEST(CoordinatorConfigTest, AnUnknownKeyIsToldWithFileAndLine) {
  EXPECT_THAT(
      Load(absl::StrReplaceAll(Template(), {{"[online]", "[online]\nkye = \"x\""}})).status(),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("coordinator.toml:27: kye: ")));
}

TEST(CoordinatorConfigTest, AMissingTableIsNamed) {
  EXPECT_THAT(Load(absl::StrReplaceAll(Template(), {{"[store]", "[sotre]"}})).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("store: is missing")));
}

TEST(CoordinatorConfigTest, ANameToListenOnIsRefusedWithAnExample) {
  EXPECT_THAT(
      Load(absl::StrReplaceAll(Template(), {{"127.0.0.1:9090", "localhost:9090"}})).status(),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("metrics_listen: 'localhost:9090' is no address")));
}

TEST(CoordinatorConfigTest, ATrustDomainOutsideItsGrammarIsRefused) {
  EXPECT_THAT(Load(absl::StrReplaceAll(Template(), {{"corp.example", "Corp Example"}})).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("trust_domain: ")));
}

TEST(CoordinatorConfigTest, AFileOverItsBoundIsRefusedBeforeItIsParsed) {
  EXPECT_THAT(Load(std::string(300 * 1024, '#')).status(),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("coordinator.toml")));
}

}  // namespace
}  // namespace mig::coordinator
