#include "base/deadlock_search.h"

#include "absl/synchronization/mutex.h"

namespace mig::base {

void SwitchOffDeadlockSearch() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace mig::base
