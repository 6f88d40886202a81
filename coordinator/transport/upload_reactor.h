// UploadBlob's stream: the first message opens it, the others carry bytes.

#ifndef MIG_COORDINATOR_TRANSPORT_UPLOAD_REACTOR_H_
#define MIG_COORDINATOR_TRANSPORT_UPLOAD_REACTOR_H_

#include <grpcpp/grpcpp.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/handlers/documents/admin_documents.h"
#include "coordinator/transport/call_meter.h"
#include "coordinator/transport/workers.h"
#include "proto/mig/v1/admin_documents.pb.h"

namespace mig::coordinator {

// Owns itself until gRPC says that the call is done. `answer` is gRPC's.
class UploadReactor : public grpc::ServerReadReactor<v1::UploadBlobRequest> {
 public:
  UploadReactor(AdminDocuments& documents, Workers& workers, absl::StatusOr<Peer> peer,
                v1::UploadBlobAnswer* answer, const Meters& meters);

  void OnReadDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  // On the workers, since it writes to the disk.
  void TakeNext();
  void FinishUpload();
  void Post(Workers::Job job);
  absl::Status Take(const v1::UploadBlobRequest& message);
  void End(const absl::Status& status);

  AdminDocuments& documents_;
  Workers& workers_;
  const absl::StatusOr<Peer> peer_;
  v1::UploadBlobAnswer* const answer_;
  CallMeter meter_;
  v1::UploadBlobRequest message_;
  std::unique_ptr<Upload> upload_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_TRANSPORT_UPLOAD_REACTOR_H_
