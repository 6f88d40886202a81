// TLS 1.3 only (docs/protocol.md, "On the wire"). Debian's gRPC 1.51 has no call for it; naming one
// 1.3 suite alone in its list of 1.2 suites leaves 1.2 without any, on both sides. A misspelt value
// fails closed, a missing one silently allows 1.2: hence each listener proves itself at the start.

#ifndef MIG_COORDINATOR_TRANSPORT_TLS13_H_
#define MIG_COORDINATOR_TRANSPORT_TLS13_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace mig::coordinator {

// Sets GRPC_SSL_CIPHER_SUITES. Called by main before any gRPC call and any thread; what is started
// from this process must not inherit it.
void RequireTls13();

// Connects to a listener of this process and sends fixed client hellos: one that offers 1.2 alone
// must not be answered, one that offers 1.3 must be. Blocks, at most about `timeout`.
//
// Errors: FailedPrecondition  1.2 was answered: nothing may be served
//         Unavailable         no connection, or 1.3 was not answered in time
absl::Status ProveOnlyTls13(const std::string& host, uint16_t port, absl::Duration timeout);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_TRANSPORT_TLS13_H_
