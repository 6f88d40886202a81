// Signed documents on the host's disk: documents/SHA256, one envelope each, named by the digest of
// its payload. Durable before anything refers to them.

#ifndef MIG_LOADER_STATE_DOCUMENT_STORE_H_
#define MIG_LOADER_STATE_DOCUMENT_STORE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "base/file_system.h"

namespace mig::loader {

// Knows nothing of signatures: whoever loads verifies again under the current root. At most
// kMaxHeldDocuments files of kMaxEnvelopeBytes. One thread at a time; writers hold the lock.
class DocumentStore {
 public:
  explicit DocumentStore(std::unique_ptr<base::Directory> directory)
      : directory_(std::move(directory)) {}

  // NotFound, or ResourceExhausted where the file is over the bound.
  absl::StatusOr<std::string> Get(const base::Digest& payload_digest);

  // Durable when this returns. Takes the place of another envelope of the same payload.
  // ResourceExhausted: over a bound; Sweep first.
  absl::Status Put(const base::Digest& payload_digest, absl::string_view envelope);

  // The same with one call of fsync less: what a power cut leaves is whole, but may not have it.
  // For a document that comes with each answer, and that other hosts have too.
  absl::Status PutUntilNext(const base::Digest& payload_digest, absl::string_view envelope);

  // Sorted. Files with other names are not documents.
  absl::StatusOr<std::vector<base::Digest>> List();

  // Removes every file, ours or not, that is not the document of one in `keep`.
  absl::Status Sweep(const std::vector<base::Digest>& keep);

 private:
  // Its name is not durable yet.
  absl::Status Write(const base::Digest& payload_digest, absl::string_view envelope);

  std::unique_ptr<base::Directory> directory_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_STATE_DOCUMENT_STORE_H_
