// The summary for a person.

#ifndef MIG_SIM_REPORT_TEXT_H_
#define MIG_SIM_REPORT_TEXT_H_

#include <string>

#include "sim/report/outcome.h"

namespace mig::sim {

// Lines that end with how to see the same run again, and the exit status in words.
std::string ToText(const Outcome& outcome);

// "mig-sim run FILE --virtual --seed N": what one types to see it again.
std::string ReplayCommand(const Outcome& outcome);

}  // namespace mig::sim

#endif  // MIG_SIM_REPORT_TEXT_H_
