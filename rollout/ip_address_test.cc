#include "rollout/ip_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/testing/status_matchers.h"

namespace mig::rollout {
namespace {

using base::testing::StatusIs;
using ::testing::HasSubstr;

bool Inside(absl::string_view network, absl::string_view address) {
  return IpNetwork::Parse(network)->Contains(*IpAddress::Parse(address));
}

TEST(IpAddressTest, ReadsBothFamilies) {
  EXPECT_EQ(IpAddress::Parse("10.1.2.3")->ToString(), "10.1.2.3");
  EXPECT_EQ(IpAddress::Parse("2001:DB8:0::1")->ToString(), "2001:db8::1");
  EXPECT_EQ(*IpAddress::Parse("::ffff:10.1.2.3"), *IpAddress::Parse("10.1.2.3"));
}

TEST(IpAddressTest, RefusesWhatIsNone) {
  for (const std::string text : {"", "10.1.2", "10.1.2.3.4", "010.1.2.3", "10.1.2.256", "10.1.2.3 ",
                                 "fe80::1%eth0", ":::", "host.example", "2001:db8::g"}) {
    EXPECT_THAT(IpAddress::Parse(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
  EXPECT_THAT(IpAddress::Parse(std::string("10.1.2.3\0", 9)),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(IpAddress::Parse(std::string(1'000'000, '1')),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(IpNetworkTest, ContainsWhatBeginsWithTheSameBits) {
  EXPECT_TRUE(Inside("10.0.0.0/8", "10.255.255.255"));
  EXPECT_FALSE(Inside("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(Inside("10.1.2.0/23", "10.1.3.255"));
  EXPECT_FALSE(Inside("10.1.2.0/23", "10.1.4.0"));
  EXPECT_TRUE(Inside("10.1.2.3", "10.1.2.3"));
  EXPECT_FALSE(Inside("10.1.2.3/32", "10.1.2.2"));
  EXPECT_TRUE(Inside("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(Inside("2001:db8::/33", "2001:db8:8000::1"));
}

TEST(IpNetworkTest, FamiliesDoNotMix) {
  EXPECT_TRUE(Inside("0.0.0.0/0", "192.0.2.1"));
  EXPECT_FALSE(Inside("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(Inside("::/0", "2001:db8::1"));
  EXPECT_FALSE(Inside("::/0", "192.0.2.1"));
  EXPECT_TRUE(Inside("::ffff:10.0.0.0/104", "10.9.9.9"));
}

TEST(IpNetworkTest, RefusesWhatIsNone) {
  for (const std::string text : {"10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "/8",
                                 "10.0.0.0/8/8", "::/129", "10.0.0.0/1000000000000"}) {
    EXPECT_THAT(IpNetwork::Parse(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
  EXPECT_THAT(IpNetwork::Parse("10.1.2.3/8"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("write 10.0.0.0/8")));
}

}  // namespace
}  // namespace mig::rollout
