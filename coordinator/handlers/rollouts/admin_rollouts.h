// Rollouts of AdminService, without a transport.

#ifndef MIG_COORDINATOR_HANDLERS_ROLLOUTS_ADMIN_ROLLOUTS_H_
#define MIG_COORDINATOR_HANDLERS_ROLLOUTS_ADMIN_ROLLOUTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "coordinator/blobs/blob_store.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/handlers/done.h"
#include "coordinator/handlers/operators/operator_door.h"
#include "coordinator/handlers/rollouts/census.h"
#include "proto/mig/v1/admin_rollouts.pb.h"
#include "rollout/checked_plan.h"

namespace mig::coordinator {

// Any thread may call. Every call may be refused as OperatorDoor says.
class AdminRollouts {
 public:
  // All must outlive it.
  AdminRollouts(Fleet& fleet, BlobStore& blobs, Census& census, OperatorDoor& door)
      : fleet_(fleet), blobs_(blobs), census_(census), door_(door) {}

  // NOT_FOUND; CHANGED_MEANWHILE: another newest plan than the caller looked at; SIGNATURES,
  // EXPIRED, ...: it does not verify now; MISSING_DOCUMENT: contents that are not stored; HALTED.
  // One that runs already is answered as it is.
  void StartRollout(const Peer& peer, const v1::StartRolloutRequest& request,
                    Done<v1::Rollout> done);
  // Any operator alone; a reason is needed. One that is halted already is answered as it is.
  void HaltRollout(const Peer& peer, const v1::HaltRolloutRequest& request, Done<v1::Rollout> done);
  void GetRollout(const Peer& peer, const v1::GetRolloutRequest& request, Done<v1::Rollout> done);
  void ListRollouts(const Peer& peer, const v1::ListRolloutsRequest& request,
                    Done<v1::ListRolloutsAnswer> done);
  void ListRolloutEvents(const Peer& peer, const v1::ListRolloutEventsRequest& request,
                         Done<v1::ListRolloutEventsAnswer> done);

  // WatchRollout is a transport's loop: GetRollout now, again when Fleet::change() has moved (at
  // most once a second) and at least every 5 s (waves open by time), a message when the answer
  // differs, the end when IsFinal. Each turn goes through the door under this method's own name.
  void Watch(const Peer& peer, const v1::GetRolloutRequest& request, Done<v1::Rollout> done);
  static bool IsFinal(const v1::Rollout& rollout);

  // Unimplemented: come with the rollout gates.
  void ResumeRollout(const Peer& peer, const v1::ResumeRolloutRequest& request,
                     Done<v1::PendingRequest> done);
  void FallBackRollout(const Peer& peer, const v1::FallBackRolloutRequest& request,
                       Done<v1::Rollout> done);

 private:
  absl::StatusOr<v1::Rollout> View(absl::string_view name, absl::Time now);
  absl::StatusOr<v1::Rollout> ViewOf(const Snapshot& snapshot, const rollout::CheckedPlan& plan,
                                     absl::Time now);
  void Halt(Caller caller, std::string name, std::string reason, int tries_left,
            Done<v1::Rollout> done);

  Fleet& fleet_;
  BlobStore& blobs_;
  Census& census_;
  OperatorDoor& door_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_ROLLOUTS_ADMIN_ROLLOUTS_H_
