#include "loader/host/interface_addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <cstring>
#include <set>

#include "base/sizes.h"

namespace mig::loader {

namespace {

bool IsReportable(const in_addr& address) {
  const uint32_t a = ntohl(address.s_addr);
  const bool loopback = (a >> 24) == 127;
  const bool link_local = (a >> 16) == 0xA9FE;  // 169.254.0.0/16
  return a != 0 && !loopback && !link_local && !IN_MULTICAST(a);
}

bool IsReportable(const in6_addr& a) {
  return !IN6_IS_ADDR_UNSPECIFIED(&a) && !IN6_IS_ADDR_LOOPBACK(&a) && !IN6_IS_ADDR_LINKLOCAL(&a) &&
         !IN6_IS_ADDR_MULTICAST(&a);
}

}  // namespace

std::string ReportableAddress(const sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    memcpy(&v4, &address, sizeof(v4));
    if (IsReportable(v4.sin_addr)) inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
  } else if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    memcpy(&v6, &address, sizeof(v6));
    if (IsReportable(v6.sin6_addr)) inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
  }
  return text;
}

std::vector<std::string> InterfaceAddresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  std::set<std::string> addresses;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_UP) == 0) continue;
    std::string text = ReportableAddress(*entry->ifa_addr);
    if (!text.empty()) addresses.insert(std::move(text));
  }
  freeifaddrs(list);
  while (addresses.size() > base::kMaxAddresses) addresses.erase(std::prev(addresses.end()));
  return {addresses.begin(), addresses.end()};
}

}  // namespace mig::loader
