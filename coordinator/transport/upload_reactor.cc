#include "coordinator/transport/upload_reactor.h"

#include <utility>

#include "base/status_macros.h"
#include "coordinator/transport/grpc_status.h"
#include "trust/refusal.h"

namespace mig::coordinator {

UploadReactor::UploadReactor(AdminDocuments& documents, Workers& workers, absl::StatusOr<Peer> peer,
                             v1::UploadBlobAnswer* answer, const Meters& meters)
    : documents_(documents),
      workers_(workers),
      peer_(std::move(peer)),
      answer_(answer),
      meter_(meters, "UploadBlob") {
  if (peer_.ok()) {
    StartRead(&message_);
  } else {
    End(peer_.status());
  }
}

void UploadReactor::OnReadDone(bool ok) {
  if (ok) {
    Post([this] { TakeNext(); });
  } else {
    Post([this] { FinishUpload(); });
  }
}

void UploadReactor::Post(Workers::Job job) {
  if (const absl::Status posted = workers_.Post(std::move(job)); !posted.ok()) End(posted);
}

void UploadReactor::TakeNext() {
  if (const absl::Status status = Take(message_); !status.ok()) {
    End(status);
  } else {
    StartRead(&message_);
  }
}

// The caller has sent all, or went away: then the digest will not fit.
void UploadReactor::FinishUpload() {
  if (upload_ == nullptr) {
    End(trust::Refuse(v1::Refusal::MALFORMED, "an upload without its first message"));
    return;
  }
  upload_->Finish([this](absl::StatusOr<v1::UploadBlobAnswer> result) {
    if (result.ok()) *answer_ = *std::move(result);
    End(result.status());
  });
}

absl::Status UploadReactor::Take(const v1::UploadBlobRequest& message) {
  if (upload_ == nullptr) {
    if (!message.has_start()) {
      return trust::Refuse(v1::Refusal::MALFORMED,
                           "an upload begins with the content's digest and size");
    }
    MIG_ASSIGN_OR_RETURN(upload_, documents_.BeginUpload(*peer_, message.start()));
    return absl::OkStatus();
  }
  if (message.has_start()) {
    return trust::Refuse(v1::Refusal::MALFORMED, "an upload is of one content only");
  }
  return upload_->Write(message.chunk());
}

void UploadReactor::End(const absl::Status& status) {
  meter_.Finish(status);
  Finish(ToGrpc(status));
}

}  // namespace mig::coordinator
