// `mig-loader recover`: finishes or undoes what a journal left, without the network. It runs at
// boot before the agent, and at each of the agent's own starts, so that a mix is never run.

#ifndef MIG_LOADER_RUN_RECOVER_RUN_H_
#define MIG_LOADER_RUN_RECOVER_RUN_H_

#include "loader/run/host.h"
#include "loader/run/run_result.h"

namespace mig::loader {

// The files are the old set or the new one when this is ok. An agent that the loader itself starts
// (activation `process`, `none`) is then started and watched, and the transaction ends; one that
// has a service of its own may be what is calling, so the next run watches it.
// While another loader has the lock: ok at once, unless its files are being renamed; then asks
// again for 10 s, and ends with BUSY.
RunResult RecoverRun(const Host& host);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_RECOVER_RUN_H_
