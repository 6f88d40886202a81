// TLS 1.3 only, with a gRPC that has no call for it (CONTRACT.md 8).

#ifndef MIG_LOADER_TRANSPORT_TLS13_H_
#define MIG_LOADER_TRANSPORT_TLS13_H_

#include "absl/status/status.h"

namespace mig::loader {

// Makes gRPC refuse TLS 1.2 in this process, by GRPC_SSL_CIPHER_SUITES: its only entry is a 1.2
// suite that nobody can use, and 1.3's suites are not touched by it. To be called by main before
// anything of gRPC, and before any thread: it changes the environment. Started processes get none
// of it (child_process.h starts with a clean one).
void RequireTls13();

// FailedPrecondition unless RequireTls13 was called in this process. GrpcTransport asks.
absl::Status CheckTls13Required();

}  // namespace mig::loader

#endif  // MIG_LOADER_TRANSPORT_TLS13_H_
