// What one host is assigned now: decided by rollout::Decide, the loader's own code, on what the
// host said at this check-in.

#ifndef MIG_COORDINATOR_HANDLERS_CHECK_IN_ITEM_CHOICE_H_
#define MIG_COORDINATOR_HANDLERS_CHECK_IN_ITEM_CHOICE_H_

#include <vector>

#include "absl/time/time.h"
#include "coordinator/blobs/blob_store.h"
#include "coordinator/fleet/rollout_ledger.h"
#include "coordinator/fleet/snapshot.h"
#include "coordinator/store/offer_record.h"
#include "proto/mig/v1/environment.pb.h"
#include "rollout/decide.h"
#include "trust/assignment.h"
#include "trust/manifest.h"
#include "trust/trusted_state.h"

namespace mig::coordinator {

struct ItemChoice {
  std::vector<trust::AssignmentItem> items;  // sorted by product; empty: nothing for this host
  // One for each rollout that an item is of. Must be durable before the items are answered.
  std::vector<OfferRecord> offers;
  // What is installed and damaged of products that get another release. Their contents go with the
  // ticket too: an install that was cut off may need them to go back, and nothing new begins
  // before.
  std::vector<trust::Installed> repairs;
};

// Releases that a plan gives this host and whose contents are all stored; and, of the products that
// get none, the installed one where `local` shows that it is damaged: the host says which one that
// is, and it counts only if a plan gives it to this host now or its offer is in `ledger`, so that
// no loader can fetch what it was not assigned. Nothing at all when the root is over. `enrolled`
// decides whether an offer counts: only before the rollout's first issue.
ItemChoice ChooseItems(const Snapshot& snapshot, const RolloutLedger& ledger, BlobStore& blobs,
                       const rollout::HostView& host, const v1::LocalManifest& local,
                       const rollout::Clocks& clocks, absl::Time enrolled);

// Whether every content of the variant is stored and, as far as known, undamaged.
bool HasAllContents(BlobStore& blobs, const trust::Variant& variant);

// Whether a component of `variant` is missing on the host or not what it should be; what the
// dictionary only observes does not count.
bool IsDamaged(const v1::LocalManifest& local, absl::string_view product,
               const trust::Variant& variant);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_CHECK_IN_ITEM_CHOICE_H_
