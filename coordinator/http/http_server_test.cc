#include "coordinator/http/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"

namespace mig::coordinator {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::StatusIs;
using ::testing::HasSubstr;

TEST(HttpServerTest, MetricsAreServedAsTheyAreNow) {
  int calls = 0;
  const auto server =
      HttpServer::Start("127.0.0.1", 0, [&] { return absl::StrCat("calls ", ++calls, "\n"); });
  ASSERT_THAT(server, IsOk());
  httplib::Client client("127.0.0.1", (*server)->port());

  EXPECT_EQ(client.Get("/metrics")->body, "calls 1\n");
  EXPECT_EQ(client.Get("/metrics")->body, "calls 2\n");
}

TEST(HttpServerTest, NothingElseIsThere) {
  const auto server = HttpServer::Start("127.0.0.1", 0, [] { return std::string(); });
  ASSERT_THAT(server, IsOk());
  httplib::Client client("127.0.0.1", (*server)->port());

  EXPECT_EQ(client.Get("/healthz")->status, 200);
  EXPECT_EQ(client.Get("/hosts")->status, 404);
  EXPECT_EQ(client.Post("/metrics", "x", "text/plain")->status, 404);
}

TEST(HttpServerTest, ATakenPortIsNamed) {
  const auto first = HttpServer::Start("127.0.0.1", 0, [] { return std::string(); });
  ASSERT_THAT(first, IsOk());

  EXPECT_THAT(
      HttpServer::Start("127.0.0.1", (*first)->port(), [] { return std::string(); }).status(),
      StatusIs(absl::StatusCode::kUnavailable,
               HasSubstr(absl::StrCat("127.0.0.1:", (*first)->port()))));
}

}  // namespace
}  // namespace mig::coordinator
