// All that decides what a host gets, but the host itself: roots, documents that verify now,
// rollouts. Immutable; swapped whole (fleet.h), so a check-in sees one state and takes no lock.

#ifndef MIG_COORDINATOR_FLEET_SNAPSHOT_H_
#define MIG_COORDINATOR_FLEET_SNAPSHOT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "coordinator/fleet/held_document.h"
#include "coordinator/fleet/rollout_fold.h"
#include "coordinator/store/ids.h"
#include "rollout/clocks.h"
#include "rollout/decide.h"
#include "trust/root.h"
#include "trust/verified.h"

namespace mig::coordinator {

using Rollouts = std::map<RolloutId, RolloutProgress>;

class Snapshot {
 public:
  // `roots` follow one another and there is at least one; `documents` were judged under the last.
  Snapshot(std::vector<trust::Verified<trust::Root>> roots, HeldDocuments documents,
           Rollouts rollouts);

  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  // Oldest first.
  const std::vector<trust::Verified<trust::Root>>& roots() const { return roots_; }
  const trust::Verified<trust::Root>& root() const { return roots_.back(); }

  // Everything, also what waits for signatures or does not verify any more.
  const HeldDocuments& documents() const { return documents_; }
  // Null if it is not held.
  const HeldDocument* document(const base::Digest& digest) const;
  // Null unless it is held and verifies now.
  const rollout::CheckedManifest* manifest(const base::Digest& digest) const;
  const rollout::CheckedPlan* plan(const base::Digest& digest) const;

  // What Decide takes. Of each stream of the root the newest plan that is in force of a rollout
  // that was started (also if it was halted: hosts may have seen it); only where there is none the
  // newest one that waits to be started. A base counts while its own rollout runs.
  const rollout::Documents& decidable() const { return decidable_; }

  const Rollouts& rollouts() const { return rollouts_; }
  // Of a rollout without events: the default.
  const RolloutProgress& progress(const RolloutId& rollout) const;
  // The plan of a rollout that counts: the one in force, before the start the newest complete one.
  // Null: none verifies now.
  const rollout::CheckedPlan* plan_of(const RolloutId& rollout) const;
  // The rollout whose plan is called `name`: of several the one of the newest plan. Null: none
  // whose plan verifies now.
  const rollout::CheckedPlan* plan_named(absl::string_view name) const;

  // Of all documents that verify now and offline keys signed (trust::NotAfterNow).
  absl::Time newest_issued() const { return newest_issued_; }
  // The coordinator's clocks at `now`.
  rollout::Clocks ClocksAt(absl::Time now) const;

 private:
  void ChoosePlans();
  const rollout::CheckedPlan* StandingBase(const trust::Plan& newest) const;

  std::vector<trust::Verified<trust::Root>> roots_;
  HeldDocuments documents_;
  Rollouts rollouts_;
  const RolloutProgress nothing_;
  rollout::Documents decidable_;
  absl::Time newest_issued_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_FLEET_SNAPSHOT_H_
