// Who answers is a coordinator: what gRPC's own check of the chain leaves open.

#ifndef MIG_LOADER_TRANSPORT_SERVER_VERIFIER_H_
#define MIG_LOADER_TRANSPORT_SERVER_VERIFIER_H_

#include <memory>
#include <string>

#include "grpcpp/security/tls_certificate_verifier.h"
#include "loader/transport/connection_observer.h"
#include "loader/transport/endpoint.h"

namespace mig::loader {

// Begins the message of each of its refusals, so that call_status.h knows them again.
inline constexpr char kNotTheCoordinator[] = "not the coordinator's certificate";

// After OpenSSL has verified the chain, and before any request is sent: the certificate names
// `endpoint` (DNS or address), and its one URI is a coordinator's SPIFFE id of `trust_domain`.
// `observer` (or null) is told of each server that is one.
std::shared_ptr<grpc::experimental::CertificateVerifier> MakeServerVerifier(
    const Endpoint& endpoint, const std::string& trust_domain,
    std::shared_ptr<ConnectionObserver> observer);

}  // namespace mig::loader

#endif  // MIG_LOADER_TRANSPORT_SERVER_VERIFIER_H_
