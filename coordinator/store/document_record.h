// Signed documents as the coordinator keeps them: roots, manifests (the releases) and plans.

#ifndef MIG_COORDINATOR_STORE_DOCUMENT_RECORD_H_
#define MIG_COORDINATOR_STORE_DOCUMENT_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "base/digest.h"
#include "coordinator/store/ids.h"

namespace mig::coordinator {

// Stored as these numbers.
enum class DocumentType : uint8_t { kRoot = 1, kManifest = 2, kPlan = 3 };
enum class DocumentState : uint8_t {
  kWaiting = 1,   // below its threshold: for its signers only
  kComplete = 2,  // verified when it got here: may be sent to hosts
};

// Everything below the envelope is copied from the payload by whoever verified it, so that lists
// and the index can be made without parsing; the envelope alone is the truth.
struct DocumentRecord {
  // SHA-256 of the payload. The key.
  base::Digest digest;
  // How often it was written; as HostRecord::revision.
  uint64_t revision = 0;
  DocumentType type = DocumentType::kRoot;
  DocumentState state = DocumentState::kWaiting;
  // A serialised mig.v1.Envelope, at most 392 KiB.
  std::string envelope;
  // A manifest's product, a plan's stream; empty for a root.
  std::string line;
  // Its number in that line. A root has epoch 0 and its version as sequence. Of the complete
  // documents of one line only one can have a number.
  uint64_t epoch = 0;
  uint64_t sequence = 0;
  // A manifest's version text, a plan's name; empty for a root. At most 256 bytes.
  std::string title;
  // A plan's.
  std::optional<RolloutId> rollout;
  absl::Time issued_at;
  absl::Time added_at;
  // Operator who uploaded it first.
  std::string added_by;

  friend bool operator==(const DocumentRecord&, const DocumentRecord&) = default;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_DOCUMENT_RECORD_H_
