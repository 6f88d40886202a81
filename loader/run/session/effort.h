// What one attempt took, for its outcome: how long each stage was, and what came over the network.

#ifndef MIG_LOADER_RUN_SESSION_EFFORT_H_
#define MIG_LOADER_RUN_SESSION_EFFORT_H_

#include <cstdint>
#include <map>

#include "absl/time/time.h"
#include "base/clock.h"
#include "proto/mig/v1/report.pb.h"

namespace mig::loader {

// One thread. Of this process alone: what an earlier run spent on the same attempt is not known
// any more. `clock` is borrowed; its monotonic time is read.
class Effort {
 public:
  Effort(base::Clock& clock, v1::Outcome::Stage first);

  // The stage before ends. A stage that is entered again goes on.
  void Enter(v1::Outcome::Stage stage);
  v1::Outcome::Stage stage() const { return stage_; }

  void AddFetched(uint64_t bytes) { fetched_bytes_ += bytes; }

  // Sets `stage_times`, the stage under way included, and `fetched_bytes`; nothing else. At most
  // one entry a stage, sorted, each at most 24 hours.
  void WriteTo(v1::Outcome& outcome) const;

 private:
  absl::Duration Since() const { return clock_.MonotonicNow() - entered_; }

  base::Clock& clock_;
  v1::Outcome::Stage stage_;
  base::MonotonicTime entered_;
  std::map<v1::Outcome::Stage, absl::Duration> spent_;
  uint64_t fetched_bytes_ = 0;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_SESSION_EFFORT_H_
