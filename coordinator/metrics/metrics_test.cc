#include "coordinator/metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mig::coordinator {
namespace {

using ::testing::HasSubstr;

TEST(MetricsTest, CallsAreCountedByMethodAndCode) {
  Metrics metrics;
  metrics.CountCall("CheckIn", absl::StatusCode::kOk, absl::Milliseconds(2));
  metrics.CountCall("CheckIn", absl::StatusCode::kOk, absl::Milliseconds(2));
  metrics.CountCall("CheckIn", absl::StatusCode::kPermissionDenied, absl::Milliseconds(2));

  const std::string page = metrics.Page();

  EXPECT_THAT(page, HasSubstr("mig_calls_total{code=\"OK\",method=\"CheckIn\"} 2"));
  EXPECT_THAT(page, HasSubstr("mig_calls_total{code=\"PERMISSION_DENIED\",method=\"CheckIn\"} 1"));
}

TEST(MetricsTest, DurationsOfAMethodAreInOneHistogram) {
  Metrics metrics;
  metrics.CountCall("Fetch", absl::StatusCode::kOk, absl::Milliseconds(7));

  EXPECT_THAT(metrics.Page(), HasSubstr("mig_call_seconds_bucket{method=\"Fetch\",le=\"0.01\"} 1"));
  EXPECT_THAT(metrics.Page(),
              HasSubstr("mig_call_seconds_bucket{method=\"Fetch\",le=\"0.005\"} 0"));
}

TEST(MetricsTest, AGaugeIsReadWhenThePageIsMade) {
  double hosts = 3;
  Metrics metrics;
  metrics.Add({.name = "mig_hosts", .help = "Hosts.", .read = [&] { return hosts; }});
  hosts = 4;

  EXPECT_THAT(metrics.Page(), HasSubstr("\nmig_hosts 4"));
}

}  // namespace
}  // namespace mig::coordinator
