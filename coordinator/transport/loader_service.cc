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
  FetchReactor(LoaderHandlers& handlers, const LoaderWorkers& workers, absl::StatusOr<Peer> peer,
               const v1::FetchRequest& request, const Meters& meters)
      : handlers_(handlers),
        workers_(workers),
        peer_(std::move(peer)),
        request_(request),
        meters_(meters),
        meter_(meters, "Fetch") {
    if (peer_.ok()) {
      Post(workers_.opening, [this] { Open(); });
    } else {
      End(peer_.status());
    }
  }

  void OnWriteDone(bool ok) override {
    if (!ok) {
      End(absl::CancelledError("the host went away"));
      return;
    }
    meters_.metrics.CountFetchedBytes(message_.chunk().size());
    Post(workers_.hosts, [this] { WriteNext(); });
  }
  void OnDone() override { delete this; }

 private:
  // gRPC deletes this after Finish only, so a job never outlives it.
  void Post(Workers& workers, Workers::Job job) {
    if (const absl::Status posted = workers.Post(std::move(job)); !posted.ok()) End(posted);
  }

  void Open() {
    absl::StatusOr<std::unique_ptr<FetchStream>> stream = handlers_.Fetch(*peer_, request_);
    if (!stream.ok()) {
      End(stream.status());
      return;
    }
    stream_ = *std::move(stream);
    WriteNext();
  }

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

  LoaderHandlers& handlers_;
  const LoaderWorkers workers_;
  const absl::StatusOr<Peer> peer_;
  const v1::FetchRequest request_;
  const Meters meters_;
  CallMeter meter_;
  std::unique_ptr<FetchStream> stream_;
  v1::FetchAnswer message_;
};

}  // namespace

grpc::ServerWriteReactor<v1::FetchAnswer>* LoaderService::Fetch(
    grpc::CallbackServerContext* context, const v1::FetchRequest* request) {
  return new FetchReactor(handlers_, workers_, PeerOf(*context), *request, meters_);
}

}  // namespace mig::coordinator
