// What a live run is asked for, beside its scenario.

#ifndef MIG_SIM_LIVE_LIVE_OPTIONS_H_
#define MIG_SIM_LIVE_LIVE_OPTIONS_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "sim/report/progress.h"

namespace mig::sim {

struct LiveOptions {
  uint64_t seed = 0;
  std::string coordinator_program;  // mig-coordinator
  // Set by whoever catches Ctrl-C: ends the simulation with what was seen. Borrowed.
  const std::atomic<bool>* stop = nullptr;
  // Calls that all go unanswered for so long end it too.
  absl::Duration most_silence = absl::Minutes(2);
  absl::AnyInvocable<void(const Progress&)> progress = nullptr;  // about ten times a second

  bool IsAskedToStop() const { return stop != nullptr && stop->load(); }
};

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_LIVE_OPTIONS_H_
