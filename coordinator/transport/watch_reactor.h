// WatchRollout's stream: a rollout's state now, and again whenever it differs, until it is final.

#ifndef MIG_COORDINATOR_TRANSPORT_WATCH_REACTOR_H_
#define MIG_COORDINATOR_TRANSPORT_WATCH_REACTOR_H_

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/handlers/rollouts/admin_rollouts.h"
#include "coordinator/transport/call_meter.h"
#include "coordinator/transport/workers.h"
#include "proto/mig/v1/admin_rollouts.pb.h"

namespace mig::coordinator {

// How often it looks whether anything changed, and at least how often it asks anyway: waves open by
// time alone.
inline constexpr absl::Duration kWatchTick = absl::Seconds(1);
inline constexpr int kWatchTicksBetweenLooks = 5;

// Owns itself until gRPC says that the call is done. One alarm or one write is under way at a time.
class WatchReactor : public grpc::ServerWriteReactor<v1::Rollout> {
 public:
  WatchReactor(AdminRollouts& rollouts, const Fleet& fleet, Workers& workers,
               absl::StatusOr<Peer> peer, const v1::GetRolloutRequest& request,
               const Meters& meters);

  void OnWriteDone(bool ok) override;
  void OnCancel() override { cancelled_ = true; }
  void OnDone() override { delete this; }

 private:
  // On the workers, since it may read the inventory.
  void PostLook();
  void Look();
  void Take(absl::StatusOr<v1::Rollout> rollout);
  void WaitForTick();
  void OnTick();
  void End(const absl::Status& status);

  AdminRollouts& rollouts_;
  const Fleet& fleet_;
  Workers& workers_;
  const absl::StatusOr<Peer> peer_;
  const v1::GetRolloutRequest request_;
  CallMeter meter_;
  // The alarm under way, and the one that rang last: an alarm is not set again from its own call.
  std::unique_ptr<grpc::Alarm> alarm_;
  std::unique_ptr<grpc::Alarm> last_alarm_;
  std::atomic<bool> cancelled_{false};
  uint64_t looked_at_change_ = 0;
  int ticks_since_look_ = 0;
  v1::Rollout message_;
  std::string last_sent_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_TRANSPORT_WATCH_REACTOR_H_
