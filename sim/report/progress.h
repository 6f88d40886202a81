// How far a simulation is: what a person who waits sees.

#ifndef MIG_SIM_REPORT_PROGRESS_H_
#define MIG_SIM_REPORT_PROGRESS_H_

#include <cstdint>

#include "absl/time/time.h"

namespace mig::sim {

struct Progress {
  absl::Duration lasted;  // of the world's time
  absl::Duration whole;
  uint64_t loaders = 0;
  uint64_t runs = 0;
  uint64_t runs_intended = 0;  // so far
  uint64_t errors = 0;
};

}  // namespace mig::sim

#endif  // MIG_SIM_REPORT_PROGRESS_H_
