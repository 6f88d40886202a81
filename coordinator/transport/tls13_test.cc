#include "coordinator/transport/tls13.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "coordinator/transport/testing/tls_server.h"

namespace mig::coordinator {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::StatusIs;
using ::testing::HasSubstr;

TEST(Tls13Test, AListenerThatRequiresItProvesItself) {
  RequireTls13();
  testing::TlsServer server;

  EXPECT_THAT(ProveOnlyTls13("127.0.0.1", server.port(), absl::Seconds(10)), IsOk());
}

TEST(Tls13Test, WhereNothingListensTheErrorNamesTheAddress) {
  EXPECT_THAT(ProveOnlyTls13("127.0.0.1", 1, absl::Seconds(10)),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("127.0.0.1:1")));
}

}  // namespace
}  // namespace mig::coordinator
