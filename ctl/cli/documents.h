// Documents by name: from a file, or from the coordinator; with what they are compared with. What
// comes from a coordinator is only bytes until it was verified here.

#ifndef MIG_CTL_CLI_DOCUMENTS_H_
#define MIG_CTL_CLI_DOCUMENTS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/digest.h"
#include "ctl/cli/session.h"
#include "ctl/documents/review.h"
#include "proto/mig/v1/admin_documents.pb.h"
#include "trust/envelope.h"
#include "trust/manifest.h"
#include "trust/plan.h"
#include "trust/verified.h"

namespace mig::ctl {

// A document that a person named, and where it came from.
struct NamedDocument {
  trust::Envelope envelope;
  std::string file;  // empty: from the coordinator
};

// A root is always a file; for the others `name` is one if it has a "/", else what the coordinator
// calls it, so that no file that lies about is taken for a plan. PAYLOAD_TYPE: another kind.
absl::StatusOr<NamedDocument> FindDocument(Session& session, trust::DocumentType type,
                                           const std::string& name);

// One that is stored, as bytes. DIGEST if the answer has another one.
absl::StatusOr<trust::Envelope> GetDocument(AdminClient& admin, const v1::GetDocumentRequest& key,
                                            trust::DocumentType type);

// Every stored document of a kind, page by page; at most 1,000. One that cannot be decoded is left
// out.
absl::StatusOr<std::vector<trust::Envelope>> ListDocuments(AdminClient& admin,
                                                           const v1::ListDocumentsRequest& request,
                                                           trust::DocumentType type);

// The newest release of a product, or plan of a stream, that verifies here: of the coordinator's
// and of the one that this machine remembers.
absl::StatusOr<std::optional<trust::Verified<trust::Manifest>>> LastManifest(
    Session& session, const std::string& product);
absl::StatusOr<std::optional<trust::Verified<trust::Plan>>> LastPlan(Session& session,
                                                                     const std::string& stream);

// One more than every stored document of the product or stream says, signed or not.
absl::StatusOr<uint64_t> NextReleaseSequence(Session& session, const std::string& product);
absl::StatusOr<uint64_t> NextPlanSequence(Session& session, const std::string& stream);

// A release by version that verifies here; NotFound, or what it lacks.
absl::StatusOr<trust::Verified<trust::Manifest>> VerifiedRelease(Session& session,
                                                                 const std::string& product,
                                                                 const std::string& version);

// "agent 4.2.0 (sequence 118, its 2 signatures verified here)".
std::string ReleaseName(const trust::Verified<trust::Manifest>& release);

// What `envelope` is compared with. It owns what ReviewContext borrows.
class Comparison {
 public:
  static absl::StatusOr<std::unique_ptr<Comparison>> For(Session& session,
                                                         const NamedDocument& document);
  const ReviewContext& context() const { return context_; }

 private:
  absl::Status AddPlan(Session& session, const trust::Envelope& envelope);

  std::optional<trust::Verified<trust::Manifest>> last_manifest_;
  std::optional<trust::Verified<trust::Plan>> last_plan_;
  ReviewContext context_;
};

}  // namespace mig::ctl

#endif  // MIG_CTL_CLI_DOCUMENTS_H_
