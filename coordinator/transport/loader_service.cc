#include "coordinator/transport/loader_service.h"

#include <memory>
#include <optional>
#include <utility>

#include "coordinator/transport/grpc_status.h"

namespace mig::coordinator {
namespace {

// One content on its way out. Only one message is held: the next is read from the disk when gRPC
// has taken the one before, so a slow host costs one chunk of memory.
class FetchReactor : public grpc::ServerWriteReactor<v1::FetchAnswer> {
 public:
  FetchReactor(absl::StatusOr<std::unique_ptr<FetchStream>> stream, const Meters& meters,
               const CallMeter& meter)
      : meters_(meters), meter_(meter) {
    if (!stream.ok()) {
      End(stream.status());
      return;
    }
    stream_ = *std::move(stream);
    WriteNext();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) {
      End(absl::CancelledError("the host went away"));
      return;
    }
    meters_.metrics.CountFetchedBytes(message_.chunk().size());
    WriteNext();
  }
  void OnDone() override { delete this; }

 private:
  void WriteNext() {
    absl::StatusOr<std::optional<v1::FetchAnswer>> next = stream_->Next();
    if (!next.ok() || !next->has_value()) {
      End(next.status());
      return;
    }
    message_ = **std::move(next);
    StartWrite(&message_);
  }

  void End(const absl::Status& status) {
    meter_.Finish(status);
    Finish(ToGrpc(status));
  }

  const Meters meters_;
  CallMeter meter_;
  std::unique_ptr<FetchStream> stream_;
  v1::FetchAnswer message_;
};

}  // namespace

grpc::ServerWriteReactor<v1::FetchAnswer>* LoaderService::Fetch(
    grpc::CallbackServerContext* context, const v1::FetchRequest* request) {
  const CallMeter meter(meters_, "Fetch");
  const absl::StatusOr<Peer> peer = PeerOf(*context);
  if (!peer.ok()) return new FetchReactor(peer.status(), meters_, meter);
  return new FetchReactor(handlers_.Fetch(*peer, *request), meters_, meter);
}

}  // namespace mig::coordinator
