// Apart from tls13_test: gRPC reads the environment once in a process.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "coordinator/transport/testing/tls_server.h"
#include "coordinator/transport/tls13.h"

namespace mig::coordinator {
namespace {

using ::mig::base::testing::StatusIs;
using ::testing::HasSubstr;

TEST(Tls12AllowedTest, AListenerWithoutTheSettingIsFoundOut) {
  testing::TlsServer server;

  EXPECT_THAT(ProveOnlyTls13("127.0.0.1", server.port(), absl::Seconds(10)),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("accepts TLS 1.2")));
}

}  // namespace
}  // namespace mig::coordinator
