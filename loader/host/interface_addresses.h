// The addresses that this host has, as a filter's `address` sees them.

#ifndef MIG_LOADER_HOST_INTERFACE_ADDRESSES_H_
#define MIG_LOADER_HOST_INTERFACE_ADDRESSES_H_

#include <sys/socket.h>

#include <string>
#include <vector>

namespace mig::loader {

// Dotted quad or RFC 5952 text of an AF_INET or AF_INET6 address; empty for loopback, link-local,
// unspecified and multicast ones, and for other families.
std::string ReportableAddress(const sockaddr& address);

// Those of the interfaces that are up, sorted by bytes, each once, at most kMaxAddresses.
std::vector<std::string> InterfaceAddresses();

}  // namespace mig::loader

#endif  // MIG_LOADER_HOST_INTERFACE_ADDRESSES_H_
