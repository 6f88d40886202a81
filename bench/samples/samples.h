// What one run of the bench program measured of its own side of each row, as a file: the comparer's
// input. A number is one repetition's; nothing is averaged before it is written.

#ifndef MIG_BENCH_SAMPLES_SAMPLES_H_
#define MIG_BENCH_SAMPLES_SAMPLES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/table/unit.h"

namespace mig::bench {

// How much work a row was: numbers of different sizes are not comparable.
enum class Size { kWhole, kQuick };

struct RowSamples {
  std::string name;
  Unit unit = Unit::kSeconds;
  // The smallest slowdown that counts as a regression of this row: 0.1 is a tenth more time.
  double slowdown_limit = 0;
  std::vector<double> numbers;  // in the order in which they were measured; at least one, all > 0

  friend bool operator==(const RowSamples&, const RowSamples&) = default;
};

struct RunSamples {
  Size size = Size::kWhole;
  std::vector<RowSamples> rows;  // each name once

  friend bool operator==(const RunSamples&, const RunSamples&) = default;
};

// Files beyond these are refused.
inline constexpr size_t kMaxSampleFileBytes = 4 << 20;
inline constexpr size_t kMaxSampleRows = 1'000;

// {"format": 1, "size": "quick", "rows": [{"name", "unit", "slowdown_limit", "numbers": [...]}]}
std::string ToJson(const RunSamples& run);

// InvalidArgument, with row and key, for whatever ToJson does not write. `where` (the file's name)
// begins each message.
absl::StatusOr<RunSamples> ParseSamples(absl::string_view where, absl::string_view json);

}  // namespace mig::bench

#endif  // MIG_BENCH_SAMPLES_SAMPLES_H_
