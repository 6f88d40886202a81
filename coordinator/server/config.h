// The coordinator's configuration: one TOML file. config_template.h has a commented one, which a
// test keeps true.

#ifndef MIG_COORDINATOR_SERVER_CONFIG_H_
#define MIG_COORDINATOR_SERVER_CONFIG_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "coordinator/handlers/limits/host_limiter.h"
#include "coordinator/handlers/limits/rate_limiter.h"

namespace mig::coordinator {

// Where a listener is: an address of this machine ("127.0.0.1", "::1", "0.0.0.0") and a port;
// 0 takes a free one, which is printed at the start.
struct ListenAddress {
  std::string host;
  uint16_t port = 0;

  // As gRPC and people write it: "127.0.0.1:8443", "[::1]:8443".
  std::string ToString() const;
  // InvalidArgument for anything but HOST:PORT with a numeric host.
  static absl::StatusOr<ListenAddress> Parse(absl::string_view text);

  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

// A value. All paths are absolute.
struct Config {
  std::string name;          // in its SPIFFE id: [a-z0-9._-]{1,64}
  std::string trust_domain;  // [a-z0-9.-]{1,253}
  ListenAddress loaders_listen;
  ListenAddress enrollment_listen;
  ListenAddress operators_listen;
  ListenAddress metrics_listen;
  std::string server_certificate;  // PEM chain, leaf first
  std::string server_key;
  std::string loaders_ca_certificate;
  std::string loaders_ca_key;
  std::string operators_ca_certificate;
  std::string operators_ca_key;
  std::string online_key;
  std::string first_root;  // root-1; root-2 ... beside it follow it
  std::string store;
  std::string blobs;
  std::string operator_token;  // may be missing on disk: then nobody is invited at the start
  // A burst below what one run of a loader may need, or above a million, is refused; so is an
  // interval of more than a day.
  HostLimits limits;
  RateLimiter::Options enrollment_limits;

  // Reads `path`, which is absolute. A path in it that is not absolute begins at its directory.
  //
  // Every error is one line: file:line: key: what is wrong. InvalidArgument: not TOML, unknown or
  // missing key, wrong type, bad value; NotFound, PermissionDenied, ...: cannot be read;
  // ResourceExhausted: over 256 KiB.
  static absl::StatusOr<Config> Load(base::FileSystem& disk, absl::string_view path);
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_SERVER_CONFIG_H_
