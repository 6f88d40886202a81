// Numbers and times as a summary has them.

#ifndef MIG_SIM_REPORT_WORDS_H_
#define MIG_SIM_REPORT_WORDS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace mig::sim {

// "722,160".
std::string CountWords(uint64_t count);
// "0.42 ms", "23.4 ms", "1.25 s", "17 min 05 s": three digits, or whole seconds.
std::string LatencyWords(absl::Duration time);
// "03m12s", "26h00m", "7d00h": where a run is.
std::string SpanWords(absl::Duration span);
// "0.02 %": up to four digits behind the point; never "0 %" for what is more than nothing.
std::string PercentWords(double per_cent);

}  // namespace mig::sim

#endif  // MIG_SIM_REPORT_WORDS_H_
