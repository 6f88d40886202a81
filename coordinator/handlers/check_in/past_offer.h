// What a host was given before, by the coordinator's own durable records: a host's word alone gets
// it no content, since it may say that it has whatever it likes.

#ifndef MIG_COORDINATOR_HANDLERS_CHECK_IN_PAST_OFFER_H_
#define MIG_COORDINATOR_HANDLERS_CHECK_IN_PAST_OFFER_H_

#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "coordinator/fleet/rollout_ledger.h"
#include "coordinator/fleet/snapshot.h"
#include "trust/host_id.h"

namespace mig::coordinator {

// Whether a rollout of this release of `product` was offered to `host`, whatever became of it: it
// may be halted, over, or of a plan whose signatures count no more, for a repair needs none of them
// (R6). Walks all rollouts that were started: ask only of a host that is damaged.
bool WasOffered(const Snapshot& snapshot, const RolloutLedger& ledger, const trust::HostId& host,
                absl::string_view product, const base::Digest& manifest);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_CHECK_IN_PAST_OFFER_H_
