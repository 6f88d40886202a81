#include "coordinator/fleet/rollout_fold.h"

#include "base/check.h"

namespace mig::coordinator {
namespace {

using State = RolloutProgress::State;

void Start(RolloutProgress& progress, const RolloutEvent& event) {
  if (progress.state != State::kNotStarted) return;
  progress.state = State::kRunning;
  progress.plan = event.plan;
  progress.started_at = event.at;
  progress.started_by = event.actor;
}

// A halt before the start counts too: nobody can start it any more.
void Halt(RolloutProgress& progress, const RolloutEvent& event) {
  if (progress.state != State::kNotStarted && progress.state != State::kRunning) return;
  if (progress.state == State::kNotStarted) progress.plan = event.plan;
  progress.state = State::kHalted;
  progress.halted_at = event.at;
  progress.halted_by = event.actor;
  progress.halt_reason = event.reason;
}

void Resume(RolloutProgress& progress) {
  if (progress.state != State::kHalted) return;
  progress.state = State::kRunning;
  progress.halted_at = absl::InfinitePast();
  progress.halted_by.clear();
  progress.halt_reason.clear();
}

// The way back is for a rollout that ran, halted or not; whoever orders it halts it.
void FallBack(RolloutProgress& progress, const RolloutEvent& event) {
  Halt(progress, event);
  if (progress.state == State::kHalted) progress.state = State::kFallingBack;
}

}  // namespace

RolloutProgress Fold(RolloutProgress progress, const RolloutEvent& event) {
  MIG_CHECK(event.seq == progress.last_event + 1)
      << "rollout " << event.rollout << ": event " << event.seq << " after " << progress.last_event;
  progress.last_event = event.seq;
  switch (event.kind) {
    case RolloutEventKind::kStarted:
      Start(progress, event);
      break;
    case RolloutEventKind::kPlanReplaced:
      if (progress.state == State::kRunning) progress.plan = event.plan;
      break;
    case RolloutEventKind::kHalted:
      Halt(progress, event);
      break;
    case RolloutEventKind::kResumed:
      Resume(progress);
      break;
    case RolloutEventKind::kFallingBack:
      FallBack(progress, event);
      break;
    case RolloutEventKind::kWavePassed:
      break;
    case RolloutEventKind::kEnded:
      progress.state = State::kEnded;
      break;
  }
  return progress;
}

}  // namespace mig::coordinator
