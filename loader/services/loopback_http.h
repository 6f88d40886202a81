// One bounded GET to this machine itself, for probes. Never to any other: a dictionary that names
// another host would make an agent's health depend on the network.

#ifndef MIG_LOADER_SERVICES_LOOPBACK_HTTP_H_
#define MIG_LOADER_SERVICES_LOOPBACK_HTTP_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/time_point.h"

namespace mig::loader {

// http://HOST[:PORT]/PATH of this machine. HOST: 127.0.0.0/8 in dotted quads, [::1], or localhost,
// which means 127.0.0.1 (no name is looked up).
struct LoopbackUrl {
  std::string address;  // "127.0.0.1", "::1"
  uint16_t port = 80;
  std::string authority;  // HOST[:PORT] as written
  std::string path;       // begins with '/'; with the query
};

inline constexpr size_t kMaxProbeUrlBytes = 2048;

// InvalidArgument, naming what is wrong, for every other URL: https, another host, user and
// password, a fragment, blanks or control characters, over kMaxProbeUrlBytes.
absl::StatusOr<LoopbackUrl> ParseLoopbackUrl(absl::string_view url);

// The status code of GET `url` over HTTP/1.1: 100 to 599. Redirects are not followed, the body is
// not read, at most 1 KiB of an answer is.
//   Unavailable       refused, or closed before an answer
//   DeadlineExceeded  no status line before `deadline`
//   InvalidArgument   what answers is not HTTP/1
absl::StatusOr<int> GetLoopback(base::Clock& clock, const LoopbackUrl& url,
                                base::MonotonicTime deadline);

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_LOOPBACK_HTTP_H_
