// A document as operators see it.

#ifndef MIG_COORDINATOR_HANDLERS_DOCUMENTS_DOCUMENT_VIEW_H_
#define MIG_COORDINATOR_HANDLERS_DOCUMENTS_DOCUMENT_VIEW_H_

#include <set>
#include <string>

#include "coordinator/blobs/blob_store.h"
#include "coordinator/fleet/held_document.h"
#include "coordinator/fleet/snapshot.h"
#include "proto/mig/v1/admin_documents.pb.h"
#include "trust/envelope.h"
#include "trust/ids.h"
#include "trust/manifest.h"

namespace mig::coordinator {

v1::DocumentInfo InfoOf(const HeldDocument& held, const Snapshot& snapshot);

// "agent@4.2.0", a plan's name, "root-3".
std::string DocumentName(const DocumentRecord& record);

// Whether it waits for signatures, and `key` may sign it and has not.
bool WaitsFor(const HeldDocument& held, const Snapshot& snapshot, const trust::KeyId& key);

// Contents that a manifest names and that are not stored (those of forms may be missing: the whole
// files serve as well). Sorted.
std::set<base::Digest> MissingContents(const trust::Manifest& manifest, BlobStore& blobs);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_DOCUMENTS_DOCUMENT_VIEW_H_
