// Scenarios for tests: values, as a file would give them.

#ifndef MIG_SIM_VIRTUAL_TESTING_SCENARIOS_H_
#define MIG_SIM_VIRTUAL_TESTING_SCENARIOS_H_

#include <cstdint>

#include "sim/scenario/scenario.h"

namespace mig::sim {

// A day, hourly, two releases one after the other for everybody, and nothing ever fails.
Scenario QuietDay(uint32_t hosts);

// Two days, hourly, two releases in two waves each, with canaries: links that lose and cut, power
// cuts, coordinator kills, agents that are bad on some hosts, and some hosts that have to enroll.
Scenario StormyDays(uint32_t hosts);

// The same with all that disks, kills and people do.
Scenario FaultyDays(uint32_t hosts);

}  // namespace mig::sim

#endif  // MIG_SIM_VIRTUAL_TESTING_SCENARIOS_H_
