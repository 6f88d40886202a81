// Who calls, from what the TLS handshake proved.

#ifndef MIG_COORDINATOR_TRANSPORT_PEER_OF_H_
#define MIG_COORDINATOR_TRANSPORT_PEER_OF_H_

#include <grpcpp/grpcpp.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/transport/known_certificates.h"

namespace mig::coordinator {

// The caller of a port that requires client certificates: gRPC has checked the chain and its time
// at the handshake. Errors: CERTIFICATE where it showed none; KnownCertificates::Read's.
absl::StatusOr<Peer> CertifiedPeerOf(const grpc::ServerContextBase& context,
                                     KnownCertificates& certificates);

// The caller of the enrollment port: an address and nothing else.
Peer AnonymousPeerOf(const grpc::ServerContextBase& context);

// "127.0.0.1" of gRPC's "ipv4:127.0.0.1:1234", "::1" of "ipv6:%5B::1%5D:1234"; all else as it is,
// cut to base::kMaxAddressTextBytes.
std::string AddressOf(absl::string_view grpc_peer);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_TRANSPORT_PEER_OF_H_
