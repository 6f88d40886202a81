#include "loader/host/interface_addresses.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <string>

#include "gtest/gtest.h"

namespace mig::loader {
namespace {

std::string Reported(const std::string& text) {
  sockaddr_in v4 = {};
  sockaddr_in6 v6 = {};
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    return ReportableAddress(reinterpret_cast<const sockaddr&>(v4));
  }
  EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1) << text;
  v6.sin6_family = AF_INET6;
  return ReportableAddress(reinterpret_cast<const sockaddr&>(v6));
}

TEST(InterfaceAddressesTest, OrdinaryAddressesAreReportedInTheirOneSpelling) {
  EXPECT_EQ(Reported("10.1.4.7"), "10.1.4.7");
  EXPECT_EQ(Reported("192.168.0.1"), "192.168.0.1");
  EXPECT_EQ(Reported("2001:0DB8:0:0::0001"), "2001:db8::1");
  EXPECT_EQ(Reported("fd00::1"), "fd00::1");
}

TEST(InterfaceAddressesTest, AddressesThatSayNothingAreLeftOut) {
  for (const char* text : {"127.0.0.1", "127.9.9.9", "169.254.3.4", "0.0.0.0", "224.0.0.1",
                           "::", "::1", "fe80::1", "ff02::1"}) {
    EXPECT_EQ(Reported(text), "") << text;
  }
}

TEST(InterfaceAddressesTest, ThisMachinesAreSortedAndBounded) {
  const std::vector<std::string> addresses = InterfaceAddresses();
  EXPECT_LE(addresses.size(), 64u);
  EXPECT_TRUE(std::is_sorted(addresses.begin(), addresses.end()));
}

}  // namespace
}  // namespace mig::loader
