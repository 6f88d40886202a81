// The append-only log whose fold is a rollout's state (DESIGN.md 7).

#ifndef MIG_COORDINATOR_STORE_ROLLOUT_EVENT_H_
#define MIG_COORDINATOR_STORE_ROLLOUT_EVENT_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "base/digest.h"
#include "coordinator/store/ids.h"

namespace mig::coordinator {

// Stored as these numbers. What they mean for the state is the fold's to say, not the store's.
enum class RolloutEventKind : uint8_t {
  kStarted = 1,
  kPlanReplaced = 2,  // re-signed: `plan` is the new one
  kHalted = 3,        // absorbing, by anyone
  kResumed = 4,
  kFallingBack = 5,
  kWavePassed = 6,  // its gate; `detail` says by what
  kEnded = 7,
};

// Written once, never changed. Event `seq` + 1 can be appended only to a log whose last one is
// `seq`: who lost that race reads on, folds and decides again.
struct RolloutEvent {
  RolloutId rollout;
  // 1, 2, 3, ... within the rollout.
  uint64_t seq = 0;
  RolloutEventKind kind = RolloutEventKind::kStarted;
  absl::Time at;
  // Payload digest of the plan that stood when it happened.
  base::Digest plan;
  // The wave it is about, as its position; 0 where it is about none.
  uint32_t wave = 0;
  // Operator, or empty: the coordinator itself, by a gate.
  std::string actor;
  // For people, at most 512 bytes.
  std::string reason;
  // The evidence, in the fold's own layout; at most base::kMaxEventDetailBytes.
  std::string detail;

  friend bool operator==(const RolloutEvent&, const RolloutEvent&) = default;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_ROLLOUT_EVENT_H_
