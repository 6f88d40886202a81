// A check-in, held to its bounds at the door: what goes further in cannot be malformed.

#ifndef MIG_COORDINATOR_HANDLERS_CHECK_IN_CHECK_IN_REQUEST_H_
#define MIG_COORDINATOR_HANDLERS_CHECK_IN_CHECK_IN_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "base/sizes.h"
#include "coordinator/fleet/host_index.h"
#include "coordinator/fleet/snapshot.h"
#include "coordinator/store/host_record.h"
#include "coordinator/store/ids.h"
#include "proto/mig/v1/checkin.pb.h"
#include "rollout/facts.h"
#include "trust/ids.h"
#include "trust/trusted_state.h"

namespace mig::coordinator {

// A value. What is big (the local manifest) stays in the message.
struct CheckInFacts {
  trust::Nonce nonce;
  // What the host says of itself, as its own state would; the index adds enrollment and id.
  trust::TrustedState state;
  std::vector<std::string> products;  // of its dictionary, sorted
  std::set<base::Digest> held;        // documents
  uint64_t root_version = 0;
  base::Digest machine;
  AnswerId previous_answer;  // zeros: none yet
};

// Errors (trust::RefusalOf): MALFORMED, BOUND; the message names the field.
absl::StatusOr<CheckInFacts> ReadCheckIn(const v1::CheckInRequest& request, const HostEntry& host);

// The same of what is remembered of a check-in (check_in_summary.h): state and products only.
absl::StatusOr<CheckInFacts> ReadRemembered(const v1::CheckInRequest& said, const HostEntry& host);

// What filters read of the host. `release.PRODUCT` is there where the installed manifest is known
// here. Errors as above, of the environment.
absl::StatusOr<rollout::Facts> FactsOf(const v1::Environment& environment, const HostId& host,
                                       const base::Digest& machine,
                                       const trust::TrustedState& state, const Snapshot& snapshot);

// As the coordinator sees it besides: labels, state, time and address of the last check-in.
rollout::Facts WithCoordinatorFacts(const rollout::Facts& facts, const HostEntry& host,
                                    absl::string_view state_word, absl::string_view seen_address,
                                    absl::Time now);

// What is known of a host without its asking. One that was never seen has its id and the name that
// it enrolled with. Nothing: what was stored cannot be read.
std::optional<rollout::Facts> KnownFacts(const HostRecord& record, const v1::CheckInRequest* said,
                                         const trust::TrustedState& state,
                                         const Snapshot& snapshot);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_CHECK_IN_CHECK_IN_REQUEST_H_
