#include "loader/transport/tls13.h"

#include <cstdlib>

namespace mig::loader {

Tls13Required Tls13Required::InThisProcess() {
  // A suite of TLS 1.2 that needs a pre-shared key, which neither side has.
  setenv("GRPC_SSL_CIPHER_SUITES", "PSK-AES256-GCM-SHA384", /*replace=*/1);
  return Tls13Required();
}

}  // namespace mig::loader
