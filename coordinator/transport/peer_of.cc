#include "coordinator/transport/peer_of.h"

#include <utility>
#include <vector>

#include "absl/strings/strip.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "trust/refusal.h"

namespace mig::coordinator {

std::string AddressOf(absl::string_view grpc_peer) {
  absl::string_view address = grpc_peer;
  if (absl::ConsumePrefix(&address, "ipv4:")) {
    address = address.substr(0, address.rfind(':'));
  } else if (absl::ConsumePrefix(&address, "ipv6:")) {
    if (absl::ConsumePrefix(&address, "%5B") || absl::ConsumePrefix(&address, "[")) {
      address = address.substr(0, address.find_first_of("%]"));
    }
  }
  return std::string(address.substr(0, base::kMaxAddressTextBytes));
}

Peer AnonymousPeerOf(const grpc::ServerContextBase& context) {
  return {.address = AddressOf(context.peer())};
}

absl::StatusOr<Peer> CertifiedPeerOf(const grpc::ServerContextBase& context,
                                     KnownCertificates& certificates) {
  const std::vector<grpc::string_ref> shown =
      context.auth_context()->FindPropertyValues("x509_pem_cert");
  if (shown.size() != 1) {
    return trust::Refuse(v1::Refusal::CERTIFICATE, "the caller showed no certificate");
  }
  MIG_ASSIGN_OR_RETURN(CertificateFacts facts, certificates.Read(absl::string_view(
                                                   shown.front().data(), shown.front().size())));
  return Peer{.id = std::move(facts.id),
              .spki_digest = facts.spki_digest,
              .address = AddressOf(context.peer())};
}

}  // namespace mig::coordinator
