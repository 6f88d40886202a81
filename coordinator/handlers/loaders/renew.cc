// LoaderHandlers::RenewCertificate.

#include <utility>

#include "base/status_macros.h"
#include "coordinator/handlers/loaders/host_keys.h"
#include "coordinator/handlers/loaders/loader_handlers.h"
#include "trust/x509/certificate_request.h"

namespace mig::coordinator {

absl::StatusOr<LoaderHandlers::Renewal> LoaderHandlers::PrepareRenewal(
    const Peer& peer, const v1::RenewCertificateRequest& request) {
  Renewal renewal;
  MIG_ASSIGN_OR_RETURN(const HostId host, Admit(peer, HostCall::kRenew, request.newest_head()));
  MIG_RETURN_IF_ERROR(fleet_.CheckNotBehind());
  MIG_ASSIGN_OR_RETURN(const trust::x509::CertificateRequest csr,
                       trust::x509::CertificateRequest::ParseDer(request.csr()));
  const std::string domain = fleet_.snapshot()->root()->head().trust_domain;
  MIG_ASSIGN_OR_RETURN(IssuedChain issued,
                       issuer_.ForHost(domain, host, csr.spki(), clock_.WallNow()));
  MIG_ASSIGN_OR_RETURN(HostRecord record, fleet_.store().GetHost(host));
  record.keys = AfterRenewal(record.keys, peer.spki_digest, csr.spki_digest());
  renewal.batch = {UpdateHost{std::move(record)}, InsertCertificate{std::move(issued.record)}};
  for (std::string& certificate : issued.chain) {
    renewal.answer.add_certificate_chain(std::move(certificate));
  }
  return renewal;
}

void LoaderHandlers::RenewCertificate(const Peer& peer, const v1::RenewCertificateRequest& request,
                                      Done<v1::RenewCertificateAnswer> done) {
  absl::StatusOr<Renewal> renewal = PrepareRenewal(peer, request);
  if (!renewal.ok()) return done(Refused(renewal.status()));
  fleet_.Append(std::move(renewal->batch),
                [answer = std::move(renewal->answer),
                 done = std::move(done)](const absl::StatusOr<Written>& written) mutable {
                  if (!written.ok()) return done(written.status());
                  done(std::move(answer));
                });
}

}  // namespace mig::coordinator
