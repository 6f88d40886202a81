// Counts and times one call, however it ends.

#ifndef MIG_COORDINATOR_TRANSPORT_CALL_METER_H_
#define MIG_COORDINATOR_TRANSPORT_CALL_METER_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "coordinator/metrics/metrics.h"

namespace mig::coordinator {

// What every adapter counts with. Both are borrowed.
struct Meters {
  Metrics& metrics;
  base::Clock& clock;
};

// One call under way. `method` is a literal.
class CallMeter {
 public:
  CallMeter(const Meters& meters, absl::string_view method)
      : meters_(meters), method_(method), began_(meters.clock.MonotonicNow()) {}

  // Once, when the answer is known.
  void Finish(const absl::Status& status) {
    meters_.metrics.CountCall(method_, status.code(), meters_.clock.MonotonicNow() - began_);
  }

 private:
  Meters meters_;
  absl::string_view method_;
  base::MonotonicTime began_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_TRANSPORT_CALL_METER_H_
