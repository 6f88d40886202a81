// LoaderService over gRPC: mutual TLS, client certificates by the loaders' CA.

#ifndef MIG_COORDINATOR_TRANSPORT_LOADER_SERVICE_H_
#define MIG_COORDINATOR_TRANSPORT_LOADER_SERVICE_H_

#include <utility>

#include "coordinator/handlers/loaders/loader_handlers.h"
#include "coordinator/transport/peer_of.h"
#include "coordinator/transport/unary.h"
#include "proto/mig/v1/loader_service.grpc.pb.h"

namespace mig::coordinator {

// Borrowed.
struct LoaderWorkers {
  Workers& opening;  // up to the first message of a Fetch
  Workers& hosts;    // all else that reads disk or store
};

class LoaderService : public v1::LoaderService::CallbackService {
 public:
  // CheckIn runs on gRPC's own threads, all else on `workers`.
  LoaderService(LoaderHandlers& handlers, const LoaderWorkers& workers, const Meters& meters)
      : handlers_(handlers), workers_(workers), meters_(meters) {}

  MIG_ANSWER_UNARY(CheckIn, CheckInRequest, CheckInAnswer, PeerOf, handlers_, AtOnce())
  MIG_ANSWER_UNARY(Report, ReportRequest, ReportAnswer, PeerOf, handlers_, workers_.hosts)
  MIG_ANSWER_UNARY(RenewCertificate, RenewCertificateRequest, RenewCertificateAnswer, PeerOf,
                   handlers_, workers_.hosts)

  grpc::ServerWriteReactor<v1::FetchAnswer>* Fetch(grpc::CallbackServerContext* context,
                                                   const v1::FetchRequest* request) override;

 private:
  absl::StatusOr<Peer> PeerOf(const grpc::ServerContextBase& context) {
    return CertifiedPeerOf(context, certificates_);
  }

  LoaderHandlers& handlers_;
  const LoaderWorkers workers_;
  const Meters meters_;
  KnownCertificates certificates_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_TRANSPORT_LOADER_SERVICE_H_
