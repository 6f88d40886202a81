// The summary for a program.

#ifndef MIG_SIM_REPORT_JSON_H_
#define MIG_SIM_REPORT_JSON_H_

#include <string>

#include "sim/report/outcome.h"

namespace mig::sim {

// One object in one line, without its end. Counts are numbers, times are in milliseconds, the seed
// is a number with all its digits (up to 2^64 - 1). All keys are always there: what was not seen is
// 0,
// "", [] or null.
std::string ToJson(const Outcome& outcome);

}  // namespace mig::sim

#endif  // MIG_SIM_REPORT_JSON_H_
