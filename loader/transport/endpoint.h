// Where a coordinator listens, as the configuration names it.

#ifndef MIG_LOADER_TRANSPORT_ENDPOINT_H_
#define MIG_LOADER_TRANSPORT_ENDPOINT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mig::loader {

struct Endpoint {
  std::string host;  // a DNS name in lower case, or an address without brackets
  bool is_address = false;
  uint16_t port = 0;

  std::string ToString() const;  // "mig.corp.example:8443", "[fd00::1]:8443"
};

// CONFIGURATION (InvalidArgument), naming it, unless it is HOST:PORT with a DNS name, a dotted quad
// or an IPv6 address in brackets, and a port from 1 to 65535.
absl::StatusOr<Endpoint> ParseEndpoint(absl::string_view text);

// Whether a certificate with these subject alternative names is for this endpoint (RFC 6125): an
// address by its value, a name by its letters, "*.corp.example" for one label more.
bool IsNamedBy(const Endpoint& endpoint, const std::vector<std::string>& dns_names,
               const std::vector<std::string>& ip_addresses);

}  // namespace mig::loader

#endif  // MIG_LOADER_TRANSPORT_ENDPOINT_H_
