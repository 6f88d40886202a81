// Sees what the machines of a live run do, from many threads, and holds it against the promises.

#ifndef MIG_SIM_LIVE_WITNESS_H_
#define MIG_SIM_LIVE_WITNESS_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "coordinator/store/store.h"
#include "loader/run/run_result.h"
#include "proto/mig/v1/report.pb.h"
#include "sim/report/summary.h"
#include "sim/virtual/chronicle.h"
#include "sim/world/machine.h"
#include "sim/world/promises.h"
#include "sim/world/world.h"

namespace mig::sim {

// Any thread, but for what is asked at the end.
class Witness {
 public:
  // Borrowed; `clock` is right.
  Witness(const World& world, base::Clock& clock);

  // The agent is about to be started with the files that are on the disk.
  void AgentStarts(const Machine& machine);
  // A run ended.
  void Ended(const Machine& machine, const loader::RunResult& result);
  // The loader gives this to the network.
  void Reports(size_t host, const v1::ReportRequest& request);
  // The run is abandoned: what machines do from now on is not looked at.
  void Close();

  bool has_violation() const;

  // --- At the end, when nothing runs any more.

  // What the coordinator has durably of a machine, against what it said: each outcome once, none
  // that was never said, and each that is not there still waits on its machine. Counts them in
  // `summary`. Errors: the store's.
  absl::Status Compare(const Machine& machine, coordinator::Store& store, Summary& summary);

  const std::optional<Violation>& violation() const { return chronicle_.violation(); }
  uint64_t checked() const { return promises_.checked() + compared_; }

 private:
  void Note(const Machine& machine, const std::optional<Finding>& finding)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Duration SinceStart() const { return clock_.WallNow() - world_.start(); }

  const World& world_;
  base::Clock& clock_;
  mutable absl::Mutex mutex_;  // of what follows, until the end
  Promises promises_;
  Chronicle chronicle_;
  bool closed_ = false;
  uint64_t compared_ = 0;
};

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_WITNESS_H_
