// Contents on their way in: AdminDocuments::BeginUpload and FindBlobs.

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/handlers/documents/admin_documents.h"
#include "trust/fields.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {}  // namespace

Upload::Upload(Fleet& fleet, Caller caller, const base::Digest& digest,
               std::unique_ptr<BlobUpload> blob)
    : fleet_(fleet), caller_(std::move(caller)), digest_(digest), blob_(std::move(blob)) {}

absl::Status Upload::Write(absl::string_view chunk) {
  if (chunk.empty() || chunk.size() > base::kMaxFetchChunkBytes) {
    return trust::Refuse(chunk.empty() ? v1::Refusal::MALFORMED : v1::Refusal::BOUND,
                         absl::StrCat("a chunk has 1 to ", base::kMaxFetchChunkBytes, " bytes"));
  }
  return blob_ == nullptr ? absl::OkStatus() : blob_->Write(chunk);
}

void Upload::Finish(Done<v1::UploadBlobAnswer> done) {
  v1::UploadBlobAnswer answer;
  answer.set_digest(std::string(digest_.bytes()));
  answer.set_existed(blob_ == nullptr);
  if (blob_ == nullptr) return done(std::move(answer));
  if (absl::Status s = blob_->Finish(); !s.ok()) return done(s);
  fleet_.Append({AppendAudit{AuditOf(caller_, "blob.upload", digest_.ToHex(), "", "")}},
                [answer = std::move(answer),
                 done = std::move(done)](const absl::StatusOr<Written>& written) mutable {
                  if (!written.ok()) return done(written.status());
                  done(std::move(answer));
                });
}

absl::StatusOr<std::unique_ptr<Upload>> AdminDocuments::BeginUpload(const Peer& peer,
                                                                    const v1::BlobStart& start) {
  MIG_ASSIGN_OR_RETURN(Caller caller, door_.Admit(peer, "UploadBlob"));
  MIG_ASSIGN_OR_RETURN(
      const base::Digest digest,
      trust::DigestField({.parent = "start", .index = 0, .name = "digest"}, start.digest()));
  std::unique_ptr<BlobUpload> upload;
  if (!blobs_.Size(digest).ok()) {
    MIG_ASSIGN_OR_RETURN(upload, blobs_.Begin(digest, start.size_bytes()));
  }
  return std::make_unique<Upload>(fleet_, std::move(caller), digest, std::move(upload));
}

void AdminDocuments::FindBlobs(const Peer& peer, const v1::FindBlobsRequest& request,
                               Done<v1::FindBlobsAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "FindBlobs");
  if (!caller.ok()) return done(caller.status());
  const absl::StatusOr<std::vector<base::Digest>> digests = trust::DigestList(
      {.parent = "", .index = 0, .name = "digests"}, request.digests(), 1, base::kMaxDigestsAsked);
  if (!digests.ok()) return done(digests.status());
  v1::FindBlobsAnswer answer;
  for (const base::Digest& digest : *digests) {
    if (!blobs_.Size(digest).ok()) answer.add_missing_digests(std::string(digest.bytes()));
  }
  done(std::move(answer));
}

}  // namespace mig::coordinator
