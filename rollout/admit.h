// Whether one plan lets one host begin now (docs/protocol.md, "Plan rules, in numbers"). The same
// code runs in loader, coordinator and simulator: the loader itself refuses to run ahead of its own
// wave, whatever a coordinator says.
//
// A plan's fallback and gates are signed in it, but not judged here yet: nothing in rollout/ admits
// a fallback or evaluates a gate so far.

#ifndef MIG_ROLLOUT_ADMIT_H_
#define MIG_ROLLOUT_ADMIT_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "proto/mig/v1/refusal.pb.h"
#include "rollout/checked_plan.h"
#include "rollout/clocks.h"
#include "rollout/facts.h"
#include "rollout/filter.h"
#include "trust/host_id.h"

namespace mig::rollout {

// The answer and everything that it rests on; numbers only, so it costs no allocation. explain.h
// makes sentences of it.
struct Admission {
  // NONE: admitted. Else the first of these that holds: NOT_MATCHED, EXPIRED, HELD_BACK, HOLD or
  // TOO_EARLY, WAVES_CLOSED, WINDOW.
  v1::Refusal::Code code = v1::Refusal::REFUSAL_UNSPECIFIED;
  bool admitted() const { return code == v1::Refusal::NONE; }

  // By the system clock: until then the same plan, facts and host give the same code.
  absl::Time valid_until = absl::InfiniteFuture();

  PlanPhase phase = PlanPhase::kEnded;
  absl::Time ends = absl::InfinitePast();  // what ends it in this phase, by the not-after clock
  Truth filter = Truth::kUnknown;
  bool window_open = true;
  bool canary = false;     // named in the plan
  uint64_t cohort = 0;     // of this rollout
  bool held_back = false;  // a control, before the baseline
  bool waves_closed = false;
  // The wave that admits the host, or that will be the first to; nothing: a canary, or no wave
  // will.
  std::optional<size_t> wave = std::nullopt;
  // When it is admitted if nothing changes but the time, by the not-before clock; nothing: never,
  // or not by time alone. The past or now if it is admitted.
  std::optional<absl::Time> opens = std::nullopt;
};

// `facts` are of `host`. (A simulator may let hosts share facts where no filter reads `id`.)
Admission Admit(const CheckedPlan& plan, const trust::HostId& host, const Facts& facts,
                const Clocks& clocks, Moment moment = Moment::kVerify);

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_ADMIT_H_
