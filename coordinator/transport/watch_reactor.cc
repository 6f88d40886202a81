#include "coordinator/transport/watch_reactor.h"

#include <grpc/support/time.h>

#include <memory>
#include <utility>

#include "coordinator/transport/grpc_status.h"

namespace mig::coordinator {

WatchReactor::WatchReactor(AdminRollouts& rollouts, const Fleet& fleet, Workers& workers,
                           absl::StatusOr<Peer> peer, const v1::GetRolloutRequest& request,
                           const Meters& meters)
    : rollouts_(rollouts),
      fleet_(fleet),
      workers_(workers),
      peer_(std::move(peer)),
      request_(request),
      meter_(meters, "WatchRollout") {
  if (peer_.ok()) {
    PostLook();
  } else {
    End(peer_.status());
  }
}

void WatchReactor::PostLook() {
  if (const absl::Status posted = workers_.Post([this] { Look(); }); !posted.ok()) End(posted);
}

void WatchReactor::Look() {
  // Read before the state: what changes in between is looked at with the next tick.
  looked_at_change_ = fleet_.change();
  ticks_since_look_ = 0;
  rollouts_.Watch(*peer_, request_,
                  [this](absl::StatusOr<v1::Rollout> rollout) { Take(std::move(rollout)); });
}

void WatchReactor::Take(absl::StatusOr<v1::Rollout> rollout) {
  if (!rollout.ok()) {
    End(rollout.status());
    return;
  }
  std::string bytes = rollout->SerializeAsString();
  if (bytes == last_sent_) {
    WaitForTick();
    return;
  }
  last_sent_ = std::move(bytes);
  message_ = *std::move(rollout);
  StartWrite(&message_);
}

void WatchReactor::OnWriteDone(bool ok) {
  if (!ok) {
    End(absl::CancelledError("the caller went away"));
  } else if (AdminRollouts::IsFinal(message_)) {
    End(absl::OkStatus());
  } else {
    WaitForTick();
  }
}

void WatchReactor::WaitForTick() {
  const gpr_timespec tick =
      gpr_time_from_millis(absl::ToInt64Milliseconds(kWatchTick), GPR_TIMESPAN);
  last_alarm_ = std::move(alarm_);
  alarm_ = std::make_unique<grpc::Alarm>();
  alarm_->Set(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), tick), [this](bool) { OnTick(); });
}

void WatchReactor::OnTick() {
  ++ticks_since_look_;
  if (cancelled_) {
    End(absl::CancelledError("the caller went away"));
  } else if (fleet_.change() != looked_at_change_ || ticks_since_look_ >= kWatchTicksBetweenLooks) {
    PostLook();
  } else {
    WaitForTick();
  }
}

void WatchReactor::End(const absl::Status& status) {
  meter_.Finish(status);
  Finish(ToGrpc(status));
}

}  // namespace mig::coordinator
