// Spans, times and shares as people write them in plans and on the command line.

#ifndef MIG_CTL_DOCUMENTS_SPANS_H_
#define MIG_CTL_DOCUMENTS_SPANS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mig::ctl {

// "500ms", "90s", "5min", "6h", "1h30min", "14d", "2w"; "0". At most 10 years.
absl::StatusOr<absl::Duration> ParseSpan(absl::string_view text);

// A time said by itself, or from another one.
struct Moment {
  bool is_relative = false;
  absl::Duration after;  // relative
  int months = 0;        // relative; calendar months, before `after`
  absl::Time at;         // absolute
  absl::Time From(absl::Time origin) const;
};
// "+6h", "6h", "12mo" (calendar months), or RFC 3339: "2026-12-01T09:00:00+01:00".
absl::StatusOr<Moment> ParseMoment(absl::string_view text);

// "2%", "0.05 %", "100%": parts per million, exact.
absl::StatusOr<uint32_t> ParseShare(absl::string_view text);

}  // namespace mig::ctl

#endif  // MIG_CTL_DOCUMENTS_SPANS_H_
