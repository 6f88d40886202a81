// What a loader owes where its coordinator, its disk or its power do not do their part: tried on
// copies of the machines of a simulation, now and then, so that the machines themselves notice
// nothing. A simulation whose coordinator is honest could not see that a loader believes
// everything.

#ifndef MIG_SIM_VIRTUAL_TRIALS_H_
#define MIG_SIM_VIRTUAL_TRIALS_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "base/testing/seeded_random.h"
#include "sim/virtual/copy.h"
#include "sim/world/machine.h"
#include "sim/world/promises.h"
#include "sim/world/world.h"

namespace mig::sim {

// One per simulation, one thread.
class Trials {
 public:
  // Borrowed. Each kind is tried once to three times over the whole simulation, evenly.
  explicit Trials(const World& world);

  // Called before each run of a machine; does something at some of them. `now` is the right time.
  std::optional<Finding> Try(const Machine& machine, absl::Time now);

  uint64_t tried() const { return tried_; }

  // How many different ones there are, and one of them: for tests.
  static size_t kinds();
  std::optional<Finding> TryKind(size_t kind, const Machine& machine, absl::Time now);

 private:
  const World& world_;
  const uint64_t every_;
  base::testing::SeededRandom random_;
  uint64_t asked_ = 0;
  uint64_t tried_ = 0;
  size_t next_kind_ = 0;
};

}  // namespace mig::sim

#endif  // MIG_SIM_VIRTUAL_TRIALS_H_
