// A coordinator that gives no answer, in our own words: what the transport says of it is written
// for who builds transports.

#ifndef MIG_LOADER_RUN_UNREACHED_H_
#define MIG_LOADER_RUN_UNREACHED_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mig::loader {

struct Unreached {
  std::string endpoint;  // "host:port", as configured
  std::string reason;    // plain words, no full stop: "connection refused"
  std::string detail;    // what the transport said, escaped, at most 256 bytes
};

// Whether `status` says that nobody answered: not what a coordinator refused.
bool IsAway(const absl::Status& status);

// MIG_CHECKs IsAway.
Unreached Describe(absl::string_view endpoint, const absl::Status& away);

// UNAVAILABLE, "coordinator HOST:PORT cannot be reached: REASON", if `status` says that nobody
// answered; else `status`.
absl::Status InOurWords(absl::string_view endpoint, const absl::Status& status);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_UNREACHED_H_
