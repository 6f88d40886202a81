// What can only be counted by looking at every host: who runs which release, whom a plan is for.
// Kept for a while, so that a screen that is redrawn each second does not read the inventory each
// time.

#ifndef MIG_COORDINATOR_HANDLERS_ROLLOUTS_CENSUS_H_
#define MIG_COORDINATOR_HANDLERS_ROLLOUTS_CENSUS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/fleet/rollout_ledger.h"
#include "rollout/checked_plan.h"

namespace mig::coordinator {

// Any thread may call.
class Census {
 public:
  explicit Census(Fleet& fleet) : fleet_(fleet) {}

  Census(const Census&) = delete;
  Census& operator=(const Census&) = delete;

  struct ReleaseCount {
    uint64_t installed = 0;
    uint64_t bad = 0;
  };
  // By manifest digest.
  absl::StatusOr<std::map<base::Digest, ReleaseCount>> Releases(absl::Time now);

  // Hosts that a plan is for and that count (enrolled before its rollout's first issue), by where
  // they belong: canaries, then each wave as the first that will admit them. Hosts that are held
  // back are in none.
  struct PlanCount {
    uint64_t canaries = 0;
    std::vector<uint64_t> waves;
    // Lower releases of the plan's products that these hosts have now.
    std::map<RolloutLedger::Release, uint64_t> before;
  };
  absl::StatusOr<PlanCount> ForPlan(const rollout::CheckedPlan& plan, absl::Time now);

 private:
  // A count stands for a second, and one more for each thousand of hosts.
  template <typename T>
  struct Kept {
    T value;
    absl::Time at;
  };
  bool IsFresh(absl::Time at, absl::Time now) const;

  Fleet& fleet_;
  absl::Mutex mutex_;
  std::unique_ptr<Kept<std::map<base::Digest, ReleaseCount>>> releases_ ABSL_GUARDED_BY(mutex_);
  // At most 16 plans.
  std::map<base::Digest, Kept<PlanCount>> plans_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_ROLLOUTS_CENSUS_H_
