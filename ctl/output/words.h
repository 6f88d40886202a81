// Numbers, times and digests as people read them. The same everywhere on the screen.

#ifndef MIG_CTL_OUTPUT_WORDS_H_
#define MIG_CTL_OUTPUT_WORDS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"

namespace mig::ctl {

// "512 B", "2.1 kB", "13.8 MB": thousands, as disks are sold.
std::string SizeWords(uint64_t bytes);
// "18,412".
std::string CountWords(uint64_t count);
// "2 %", "0.05 %": exact.
std::string ShareWords(uint32_t ppm);
// "0 s", "90 s", "3 min", "26 h", "14 d": the largest unit of which there are at least two, cut.
std::string SpanWords(absl::Duration span);
// What one can type again: "1 ms", "90 s", "36 h", "14 d", exact.
std::string ExactSpanWords(absl::Duration span);
// "2026-11-24 19:46 UTC"; "never" for the epoch, which stands for no time.
std::string TimeWords(absl::Time time);
// "3 min ago", "in 2 h", "now"; "never" for the epoch.
std::string SinceWords(absl::Time time, absl::Time now);
// "77ab0c91": eight digits, enough to tell one from another, not to compare for safety.
std::string ShortDigest(const base::Digest& digest);
// "91d0 4c77 ...": all of it, in fours, to be compared aloud.
std::string SpokenDigest(const base::Digest& digest);

}  // namespace mig::ctl

#endif  // MIG_CTL_OUTPUT_WORDS_H_
