#include "coordinator/transport/peer_of.h"

#include <gtest/gtest.h>

namespace mig::coordinator {
namespace {

TEST(AddressOfTest, AnIpV4PeerLosesItsPort) {
  EXPECT_EQ(AddressOf("ipv4:10.1.4.7:52000"), "10.1.4.7");
}

TEST(AddressOfTest, AnIpV6PeerLosesBracketsAndPort) {
  EXPECT_EQ(AddressOf("ipv6:%5B2001:db8::7%5D:52000"), "2001:db8::7");
  EXPECT_EQ(AddressOf("ipv6:[::1]:52000"), "::1");
}

TEST(AddressOfTest, AnythingElseIsKeptButBounded) {
  EXPECT_EQ(AddressOf("unix:/run/x"), "unix:/run/x");
  EXPECT_EQ(AddressOf(std::string(500, 'x')).size(), 64u);
}

}  // namespace
}  // namespace mig::coordinator
