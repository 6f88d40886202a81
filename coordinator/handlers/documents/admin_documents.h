// Contents, documents and releases of AdminService, without a transport.

#ifndef MIG_COORDINATOR_HANDLERS_DOCUMENTS_ADMIN_DOCUMENTS_H_
#define MIG_COORDINATOR_HANDLERS_DOCUMENTS_ADMIN_DOCUMENTS_H_

#include <map>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "coordinator/blobs/blob_store.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/handlers/done.h"
#include "coordinator/handlers/operators/operator_door.h"
#include "coordinator/handlers/rollouts/census.h"
#include "proto/mig/v1/admin_documents.pb.h"

namespace mig::coordinator {

// One content on its way in. One thread at a time; blocks on the disk.
class Upload {
 public:
  // `blob` null: it is there already, and what is written is passed over.
  Upload(Fleet& fleet, Caller caller, const base::Digest& digest, std::unique_ptr<BlobUpload> blob);

  // BOUND, MALFORMED: chunks that are too large or empty; DataLoss: more than was announced.
  absl::Status Write(absl::string_view chunk);
  // Answered when content and audit row are durable. DataLoss: not what was announced.
  void Finish(Done<v1::UploadBlobAnswer> done);

 private:
  Fleet& fleet_;
  const Caller caller_;
  const base::Digest digest_;
  const std::unique_ptr<BlobUpload> blob_;
};

// Any thread may call. Every call may be refused as OperatorDoor says.
class AdminDocuments {
 public:
  // All must outlive it.
  AdminDocuments(Fleet& fleet, BlobStore& blobs, Census& census, OperatorDoor& door)
      : fleet_(fleet), blobs_(blobs), census_(census), door_(door) {}

  // UploadBlob: the first message opens it. ResourceExhausted: the quota.
  absl::StatusOr<std::unique_ptr<Upload>> BeginUpload(const Peer& peer, const v1::BlobStart& start);
  void FindBlobs(const Peer& peer, const v1::FindBlobsRequest& request,
                 Done<v1::FindBlobsAnswer> done);

  // Judged at the door by the loader's own code, under the newest root: what would be refused
  // anyway is refused here. With fewer signatures than its threshold a document waits for its
  // signers; signatures of the same payload are united, and only those of the role's keys are kept.
  // A re-signed plan of a rollout that runs takes the place of the one before.
  void PutDocument(const Peer& peer, const v1::PutDocumentRequest& request,
                   Done<v1::DocumentInfo> done);
  void GetDocument(const Peer& peer, const v1::GetDocumentRequest& request,
                   Done<v1::DocumentInfo> done);
  void ListDocuments(const Peer& peer, const v1::ListDocumentsRequest& request,
                     Done<v1::ListDocumentsAnswer> done);

  void GetRelease(const Peer& peer, const v1::GetReleaseRequest& request, Done<v1::Release> done);
  void ListReleases(const Peer& peer, const v1::ListReleasesRequest& request,
                    Done<v1::ListReleasesAnswer> done);

  // Unimplemented: comes with the simulator.
  void PreviewPlan(const Peer& peer, const v1::PreviewPlanRequest& request,
                   Done<v1::PlanPreview> done);

 private:
  void Put(Caller caller, v1::PutDocumentRequest request, int tries_left,
           Done<v1::DocumentInfo> done);
  v1::Release ReleaseOf(const HeldDocument& held, const Snapshot& snapshot,
                        const std::map<base::Digest, Census::ReleaseCount>& counts);

  Fleet& fleet_;
  BlobStore& blobs_;
  Census& census_;
  OperatorDoor& door_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_DOCUMENTS_ADMIN_DOCUMENTS_H_
