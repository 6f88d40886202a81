#include "loader/transport/endpoint.h"

#include <string>

#include "base/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mig::loader {
namespace {

using base::testing::StatusIs;
using ::testing::HasSubstr;

TEST(EndpointTest, NamesAndAddressesAreRead) {
  const Endpoint name = ParseEndpoint("MIG.corp.example:8443").value();
  EXPECT_EQ(name.host, "mig.corp.example");
  EXPECT_EQ(name.port, 8443);
  EXPECT_FALSE(name.is_address);
  EXPECT_EQ(name.ToString(), "mig.corp.example:8443");
  EXPECT_EQ(ParseEndpoint("10.1.2.3:1").value().ToString(), "10.1.2.3:1");
  const Endpoint v6 = ParseEndpoint("[fd00::1]:65535").value();
  EXPECT_EQ(v6.host, "fd00::1");
  EXPECT_TRUE(v6.is_address);
  EXPECT_EQ(v6.ToString(), "[fd00::1]:65535");
}

TEST(EndpointTest, EverythingElseIsRefusedByName) {
  for (const char* text : {"", "host", "host:", ":1", "host:0", "host:65536", "host:-1", "host:1x",
                           "fd00::1:8443", "[fd00::1", "[10.1.2.3]:1", "[host]:1", "a b:1",
                           "https://host:1", "host/x:1", "-host:1", "user@host:1"}) {
    EXPECT_THAT(ParseEndpoint(text),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("HOST:PORT")))
        << text;
  }
  EXPECT_FALSE(ParseEndpoint(std::string(254, 'a') + ":1").ok());
}

TEST(EndpointTest, ACertificateIsForTheNameOrAddressThatWasAskedFor) {
  const Endpoint name = ParseEndpoint("mig.corp.example:1").value();
  EXPECT_TRUE(IsNamedBy(name, {"other", "MIG.corp.example"}, {}));
  EXPECT_TRUE(IsNamedBy(name, {"*.corp.example"}, {}));
  for (const char* other : {"corp.example", "*.example", "*", "*.", "mig.corp.example.evil",
                            "*.mig.corp.example", "m*.corp.example", ""}) {
    EXPECT_FALSE(IsNamedBy(name, {other}, {})) << other;
  }
  EXPECT_FALSE(IsNamedBy(name, {}, {"10.1.2.3"}));

  const Endpoint address = ParseEndpoint("[FD00:0::1]:1").value();
  EXPECT_TRUE(IsNamedBy(address, {}, {"10.1.2.3", "fd00::1"}));
  EXPECT_FALSE(IsNamedBy(address, {"fd00::1"}, {"fd00::2"}));
}

}  // namespace
}  // namespace mig::loader
