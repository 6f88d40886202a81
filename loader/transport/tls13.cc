#include "loader/transport/tls13.h"

#include <cstdlib>

#include "absl/strings/string_view.h"

namespace mig::loader {

namespace {

constexpr char kVariable[] = "GRPC_SSL_CIPHER_SUITES";
// A suite of TLS 1.2 that needs a pre-shared key, which neither side has.
constexpr char kNoneOfTls12[] = "PSK-AES256-GCM-SHA384";

}  // namespace

void RequireTls13() { setenv(kVariable, kNoneOfTls12, /*replace=*/1); }

absl::Status CheckTls13Required() {
  const char* const value = getenv(kVariable);
  if (value != nullptr && absl::string_view(value) == kNoneOfTls12) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "TLS 1.3 is not required in this process: call RequireTls13 first in main");
}

}  // namespace mig::loader
