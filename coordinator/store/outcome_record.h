// What a host reported of one attempt.

#ifndef MIG_COORDINATOR_STORE_OUTCOME_RECORD_H_
#define MIG_COORDINATOR_STORE_OUTCOME_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "coordinator/store/host_record.h"
#include "coordinator/store/ids.h"

namespace mig::coordinator {

// Counted once by (host, attempt), however often it arrives: the first one stays.
struct OutcomeRecord {
  HostId host;
  AttemptId attempt;
  // Order of arrival over all hosts: 1, 2, 3, ..., with gaps. Set by the store.
  uint64_t number = 0;
  // Of the plan it was done under; none: a repair or a notice.
  std::optional<RolloutId> rollout;
  absl::Time received_at;
  // False: it was never offered, or the host enrolled later: kept apart from every gate.
  bool counted = true;
  // A serialised mig.v1.Outcome, at most 64 KiB. The store does not look into it.
  std::string outcome;

  friend bool operator==(const OutcomeRecord&, const OutcomeRecord&) = default;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_OUTCOME_RECORD_H_
