// What one host is assigned now: decided by rollout::Decide, the loader's own code, on what the
// host said at this check-in.

#ifndef MIG_COORDINATOR_HANDLERS_ITEM_CHOICE_H_
#define MIG_COORDINATOR_HANDLERS_ITEM_CHOICE_H_

#include <vector>

#include "absl/time/time.h"
#include "coordinator/blobs/blob_store.h"
#include "coordinator/fleet/snapshot.h"
#include "coordinator/store/offer_record.h"
#include "proto/mig/v1/environment.pb.h"
#include "rollout/decide.h"
#include "trust/assignment.h"
#include "trust/manifest.h"

namespace mig::coordinator {

struct ItemChoice {
  std::vector<trust::AssignmentItem> items;  // sorted by product; empty: nothing for this host
  // One for each rollout that an item is of. Must be durable before the items are answered.
  std::vector<OfferRecord> offers;
};

// Releases that a plan gives this host and whose contents are all stored; and, of the products that
// get none, the installed one where `local` shows that it is damaged. Nothing at all when the root
// is over. `enrolled` decides whether an offer counts: only before the rollout's first issue.
ItemChoice ChooseItems(const Snapshot& snapshot, BlobStore& blobs, const rollout::HostView& host,
                       const v1::LocalManifest& local, const rollout::Clocks& clocks,
                       absl::Time enrolled);

// Whether every content of the variant is stored and, as far as known, undamaged.
bool HasAllContents(BlobStore& blobs, const trust::Variant& variant);

// Whether a component of `variant` is missing on the host or not what it should be; what the
// dictionary only observes does not count.
bool IsDamaged(const v1::LocalManifest& local, absl::string_view product,
               const trust::Variant& variant);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_ITEM_CHOICE_H_
