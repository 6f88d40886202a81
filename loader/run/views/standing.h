// How the host stands by the documents that it holds: what it should run, why it does not, when
// that can change.

#ifndef MIG_LOADER_RUN_VIEWS_STANDING_H_
#define MIG_LOADER_RUN_VIEWS_STANDING_H_

#include "absl/status/statusor.h"
#include "loader/run/documents/trust_session.h"
#include "loader/run/host.h"
#include "loader/run/session/status_record.h"
#include "loader/run/views/self_view.h"
#include "rollout/decide.h"

namespace mig::loader {

// The decision of rollout/ now; borrows from `trust`. MIG_CHECKs that the host is enrolled.
absl::StatusOr<rollout::Decision> DecideNow(const Host& host, const TrustSession& trust,
                                            const SelfView& self);

// The same into the status file's view of each product. STALE if the newest plan for this host is
// too old, ROOT_EXPIRED if the root is over; else ok.
absl::Status RecordStanding(const Host& host, const TrustSession& trust, StatusRecord& status);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_VIEWS_STANDING_H_
