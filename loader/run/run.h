// One run of the loader, from the lock to the report (docs/architecture.md, "A run").

#ifndef MIG_LOADER_RUN_RUN_H_
#define MIG_LOADER_RUN_RUN_H_

#include "loader/run/host.h"
#include "loader/run/run_result.h"

namespace mig::loader {

enum class When {
  kAtItsSlot,  // asks the slot itself: a scheduler calls every few minutes
  kNow,
};

// Finishes what an interrupted run left; then, if it is due: looks at what lies on the host, checks
// in, verifies and judges what comes back, installs, repairs or adopts, product after product, and
// reports. Whatever happens is in the result; a refusal changes nothing on disk.
// Blocks in host.clock and its events only; no call begins after
// kLongestRun (session.h).
RunResult Run(const Host& host, When when);

// What a run would do by the documents that are held; asks nobody and changes nothing.
RunResult DryRun(const Host& host);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_RUN_H_
