// What a report says of its host's state, so that explain and host get are right at once, and not
// only from the next check-in on.

#ifndef MIG_COORDINATOR_HANDLERS_LOADERS_REPORTED_STATE_H_
#define MIG_COORDINATOR_HANDLERS_LOADERS_REPORTED_STATE_H_

#include "coordinator/fleet/snapshot.h"
#include "proto/mig/v1/checkin.pb.h"
#include "proto/mig/v1/report.pb.h"

namespace mig::coordinator {

enum class StateChange { kNone, kSome };

// Moves `said`, which a host said at its last check-in, on to what it would say after `outcome`
// (CheckOutcome has held it to its bounds): installed, previous, seen, bad marks, health, digests
// of the listed components. One that does not begin at the release that `said` has installed is of
// before that check-in, or told a second time, and changes nothing.
StateChange ApplyReported(const v1::Outcome& outcome, const Snapshot& snapshot,
                          v1::CheckInRequest& said);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_LOADERS_REPORTED_STATE_H_
