#include "coordinator/transport/admin_service.h"

#include "coordinator/transport/upload_reactor.h"
#include "coordinator/transport/watch_reactor.h"

namespace mig::coordinator {

grpc::ServerReadReactor<v1::UploadBlobRequest>* AdminService::UploadBlob(
    grpc::CallbackServerContext* context, v1::UploadBlobAnswer* answer) {
  return new UploadReactor(coordinator_.documents(), workers_, PeerOf(*context), answer, meters_);
}

grpc::ServerWriteReactor<v1::Rollout>* AdminService::WatchRollout(
    grpc::CallbackServerContext* context, const v1::GetRolloutRequest* request) {
  return new WatchReactor(coordinator_.rollouts(), coordinator_.fleet(), workers_, PeerOf(*context),
                          *request, meters_);
}

}  // namespace mig::coordinator
