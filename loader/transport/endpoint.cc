#include "loader/transport/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/sizes.h"
#include "base/text.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

absl::Status Bad(absl::string_view text) {
  return trust::Refuse(v1::Refusal::CONFIGURATION,
                       absl::StrCat("coordinator \"", base::Escaped(text),
                                    "\" is not HOST:PORT, like mig.corp.example:8443, "
                                    "10.1.2.3:8443 or [fd00::1]:8443"));
}

// The 4 or 16 bytes of an address, so that two spellings are one.
std::optional<std::string> AddressBytes(const std::string& text) {
  in_addr v4;
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    return std::string(reinterpret_cast<const char*>(&v4), sizeof(v4));
  }
  in6_addr v6;
  if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) {
    return std::string(reinterpret_cast<const char*>(&v6), sizeof(v6));
  }
  return std::nullopt;
}

bool IsDnsName(absl::string_view name) {
  if (name.empty() || name.size() > base::kMaxDnsNameBytes || !absl::ascii_isalnum(name[0]))
    return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '.';
  });
}

bool NameMatches(absl::string_view pattern, absl::string_view host) {
  if (absl::EqualsIgnoreCase(pattern, host)) return true;
  if (!absl::ConsumePrefix(&pattern, "*")) return false;
  const size_t dot = host.find('.');
  return dot != host.npos && dot > 0 && pattern.size() > 1 &&
         absl::EqualsIgnoreCase(pattern, host.substr(dot));
}

}  // namespace

std::string Endpoint::ToString() const {
  const bool brackets = is_address && absl::StrContains(host, ':');
  return absl::StrCat(brackets ? "[" : "", host, brackets ? "]" : "", ":", port);
}

absl::StatusOr<Endpoint> ParseEndpoint(absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return Bad(text);
  absl::string_view host = text.substr(0, colon);
  const absl::string_view digits = text.substr(colon + 1);
  uint32_t port = 0;
  if (!std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(digits, &port) || port == 0 || port > 65'535) {
    return Bad(text);
  }

  Endpoint endpoint;
  endpoint.port = static_cast<uint16_t>(port);
  const bool brackets = absl::ConsumePrefix(&host, "[");
  if (brackets && !absl::ConsumeSuffix(&host, "]")) return Bad(text);
  endpoint.host = absl::AsciiStrToLower(host);
  const std::optional<std::string> address = AddressBytes(endpoint.host);
  endpoint.is_address = address.has_value();
  const bool is_v6 = address.has_value() && address->size() == sizeof(in6_addr);
  if (brackets != is_v6) return Bad(text);
  if (!endpoint.is_address && !IsDnsName(host)) return Bad(text);
  return endpoint;
}

bool IsNamedBy(const Endpoint& endpoint, const std::vector<std::string>& dns_names,
               const std::vector<std::string>& ip_addresses) {
  if (endpoint.is_address) {
    const std::optional<std::string> wanted = AddressBytes(endpoint.host);
    return std::any_of(ip_addresses.begin(), ip_addresses.end(),
                       [&](const std::string& text) { return AddressBytes(text) == wanted; });
  }
  return std::any_of(dns_names.begin(), dns_names.end(),
                     [&](const std::string& name) { return NameMatches(name, endpoint.host); });
}

}  // namespace mig::loader
