// The state of one rollout: the fold of its append-only log (DESIGN.md 7), so that whoever reads
// the same events says the same. Pure.

#ifndef MIG_COORDINATOR_FLEET_ROLLOUT_FOLD_H_
#define MIG_COORDINATOR_FLEET_ROLLOUT_FOLD_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "base/digest.h"
#include "coordinator/store/rollout_event.h"

namespace mig::coordinator {

// A value; the default is a rollout of which nothing was heard.
struct RolloutProgress {
  enum class State {
    kNotStarted,
    kRunning,
    kHalted,       // absorbing: only kResumed leads out of it
    kFallingBack,  // halted, and the way back was ordered
    kEnded,        // for ever
  };
  State state = State::kNotStarted;
  // Position of the last event folded in; the next one is appended at + 1.
  uint64_t last_event = 0;
  // The plan in force: what it was started with, or the last one that took its place.
  base::Digest plan = {};
  // InfinitePast: not started.
  absl::Time started_at = absl::InfinitePast();
  std::string started_by = {};
  // Of the halt that holds now, the first one; empty and InfinitePast without one.
  absl::Time halted_at = absl::InfinitePast();
  std::string halted_by = {};  // empty with a time: by a gate
  std::string halt_reason = {};

  friend bool operator==(const RolloutProgress&, const RolloutProgress&) = default;
};

// `progress` with one more event. `event.seq` is the next one (a bug of ours else, which crashes).
// An event that means nothing in this state (a start after a halt) moves `last_event` only.
RolloutProgress Fold(RolloutProgress progress, const RolloutEvent& event);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_FLEET_ROLLOUT_FOLD_H_
