// Keeps a coordinator as its scenario says: killed then, down so long, started again; and notices
// when it is gone though the scenario does not say so.

#ifndef MIG_SIM_LIVE_COORDINATOR_KEEPER_H_
#define MIG_SIM_LIVE_COORDINATOR_KEEPER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "sim/live/coordinator_process.h"
#include "sim/scenario/scenario.h"

namespace mig::sim {

// One thread at a time.
class CoordinatorKeeper {
 public:
  // Borrowed; the process serves.
  CoordinatorKeeper(CoordinatorProcess& process, std::vector<CoordinatorKillPlan> kills)
      : process_(process), kills_(std::move(kills)) {}

  // To be called often, with how long the run has lasted. Unavailable: it ended by itself, or does
  // not start again; says how.
  absl::Status Tick(absl::Duration lasted);

  // Killed, and not serving again yet: nobody can answer.
  bool is_down() const { return state_ != State::kServes; }
  uint64_t kills() const { return killed_; }

 private:
  enum class State { kServes, kDown, kStarts };

  CoordinatorProcess& process_;
  const std::vector<CoordinatorKillPlan> kills_;
  State state_ = State::kServes;
  size_t next_ = 0;
  absl::Duration start_again_;  // of kDown
  uint64_t killed_ = 0;
};

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_COORDINATOR_KEEPER_H_
