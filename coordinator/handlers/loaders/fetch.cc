// LoaderHandlers::Fetch: a ticket gives the right to the contents of its releases and to nothing
// else; no look-up is needed but what the snapshot has.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "coordinator/handlers/loaders/loader_handlers.h"
#include "trust/fields.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

// Unknown and forbidden look the same, so that nobody learns what is stored here.
absl::Status NoRight() {
  return trust::Refuse(v1::Refusal::TICKET,
                       "no right to this content, or no such content; check in again");
}

bool HasContent(const trust::Variant& variant, const base::Digest& digest) {
  return std::ranges::any_of(variant.components, [&digest](const trust::Component& component) {
    return component.digest == digest ||
           std::ranges::any_of(component.forms, [&digest](const trust::Form& form) {
             return form.digest == digest;
           });
  });
}

bool Allows(const Snapshot& snapshot, const trust::Ticket& ticket, const base::Digest& digest) {
  return std::ranges::any_of(ticket.releases, [&](const trust::Installed& release) {
    const rollout::CheckedManifest* manifest = snapshot.manifest(release.manifest);
    return manifest != nullptr && release.variant < manifest->manifest().variants().size() &&
           HasContent(manifest->manifest().variants()[release.variant], digest);
  });
}

}  // namespace

absl::StatusOr<std::unique_ptr<FetchStream>> LoaderHandlers::OpenContent(
    const Peer& peer, const v1::FetchRequest& request) {
  MIG_ASSIGN_OR_RETURN(const HostId host, Admit(peer, HostCall::kFetch, ""));
  MIG_ASSIGN_OR_RETURN(
      const base::Digest digest,
      trust::DigestField({.parent = "", .index = 0, .name = "digest"}, request.digest()));
  const absl::StatusOr<trust::Ticket> ticket =
      tickets_.Open(request.ticket(), host, clock_.WallNow());
  if (!ticket.ok() || !Allows(*fleet_.snapshot(), *ticket, digest)) return NoRight();
  absl::StatusOr<std::unique_ptr<Blob>> blob = blobs_.Open(digest);
  if (absl::IsNotFound(blob.status())) return NoRight();
  // In the word that the host itself has for it: so it is a refusal there, not a fault.
  if (absl::IsDataLoss(blob.status())) {
    return trust::Refuse(v1::Refusal::HASH,
                         absl::StrCat("the stored content ", digest.ToHex(),
                                      " is damaged and not served; an operator has to publish its "
                                      "release again (migctl doctor)"));
  }
  MIG_RETURN_IF_ERROR(blob.status());
  if (request.offset() >= (*blob)->size_bytes()) {
    return trust::Refuse(v1::Refusal::BOUND,
                         absl::StrCat("offset ", request.offset(), " of a content of ",
                                      (*blob)->size_bytes(), " bytes"));
  }
  return std::make_unique<FetchStream>(fleet_.hosts(), host, *std::move(blob), request.offset());
}

absl::StatusOr<std::unique_ptr<FetchStream>> LoaderHandlers::Fetch(
    const Peer& peer, const v1::FetchRequest& request) {
  absl::StatusOr<std::unique_ptr<FetchStream>> stream = OpenContent(peer, request);
  if (!stream.ok()) return Refused(stream.status());
  counters_.fetches.fetch_add(1, std::memory_order_relaxed);
  return stream;
}

}  // namespace mig::coordinator
