#include "coordinator/transport/peer_of.h"

#include <vector>

#include "absl/strings/strip.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/store/host_record.h"
#include "trust/refusal.h"
#include "trust/x509/certificate.h"

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

absl::StatusOr<Peer> PeerOf(const grpc::ServerContextBase& context) {
  const std::vector<grpc::string_ref> certificates =
      context.auth_context()->FindPropertyValues("x509_pem_cert");
  if (certificates.size() != 1) {
    return trust::Refuse(v1::Refusal::CERTIFICATE, "the caller showed no certificate");
  }
  MIG_ASSIGN_OR_RETURN(const trust::x509::Certificate certificate,
                       trust::x509::Certificate::ParsePem(absl::string_view(
                           certificates.front().data(), certificates.front().size())));
  MIG_ASSIGN_OR_RETURN(const trust::x509::SpiffeId id, certificate.spiffe_id());
  return Peer{
      .id = id, .spki_digest = certificate.spki_digest(), .address = AddressOf(context.peer())};
}

}  // namespace mig::coordinator
