// Enrolling before a run begins, on a machine that may be busy with other things.

#ifndef MIG_SIM_LIVE_ENROLL_AT_LAST_H_
#define MIG_SIM_LIVE_ENROLL_AT_LAST_H_

#include "absl/status/status.h"
#include "loader/run/host.h"
#include "trust/token/token.h"

namespace mig::sim {

inline constexpr int kEnrollTries = 6;

// The loader's own enrollment, again after a pause where the coordinator says Unavailable ("too
// many reads; try again"): a real host would do so at its next slot. At most kEnrollTries times,
// within five seconds of `host`'s clock. Errors: those of loader::Enroll.
absl::Status EnrollAtLast(const loader::Host& host, const trust::Token& token);

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_ENROLL_AT_LAST_H_
