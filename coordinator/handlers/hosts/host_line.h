// One host as operators see it: a line of the list, made of what is recorded, what the index knows
// and what the host said last.

#ifndef MIG_COORDINATOR_HANDLERS_HOSTS_HOST_LINE_H_
#define MIG_COORDINATOR_HANDLERS_HOSTS_HOST_LINE_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "coordinator/fleet/host_index.h"
#include "coordinator/fleet/snapshot.h"
#include "coordinator/store/host_record.h"
#include "proto/mig/v1/admin_hosts.pb.h"
#include "proto/mig/v1/checkin.pb.h"

namespace mig::coordinator {

// Not heard of for this long: SILENT. Longer than a weekend.
inline constexpr absl::Duration kSilentAfter = absl::Hours(84);

// The first of these that holds: REVOKED DISABLED FLAGGED UPDATING FAILED SILENT HEALTHY NEW.
// `said` null: not known, or never seen.
v1::Host::State StateOf(const HostEntry& entry, const v1::CheckInRequest* said, absl::Time now);
// The word of the tables, in lower case: "healthy".
std::string StateWord(v1::Host::State state);

// Everything known of one host, for one moment. Borrowed.
struct HostKnowledge {
  const HostRecord& record;
  const HostEntry& entry;
  const HostSeenRecord* seen = nullptr;      // null: never seen
  const v1::CheckInRequest* said = nullptr;  // check_in_summary.h: SaidIn(seen)
};

v1::Host LineOf(const HostKnowledge& host, const Snapshot& snapshot, absl::Time now);

// Its last known hostname: of its last environment, else as it enrolled.
std::string NameOf(const HostRecord& record, const v1::CheckInRequest* said);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_HOSTS_HOST_LINE_H_
