// How a row's numbers are meant: what one is, and which way is better.

#ifndef MIG_BENCH_TABLE_UNIT_H_
#define MIG_BENCH_TABLE_UNIT_H_

#include <optional>

#include "absl/strings/string_view.h"

namespace mig::bench {

enum class Unit {
  kSeconds,  // time of one iteration, or counter "seconds" if there is one; ratio = ours / limit:
             // smaller is better
  kBytesPerSecond,  // from State::SetBytesProcessed; ratio = ours / limit: larger is better
  kItemsPerSecond,  // from State::SetItemsProcessed; likewise
  kBytes,           // memory, from counter "bytes"; ratio = ours / limit: smaller is better
};

// "seconds", "bytes_per_second", "items_per_second", "bytes".
inline absl::string_view NameOf(Unit unit) {
  switch (unit) {
    case Unit::kBytesPerSecond:
      return "bytes_per_second";
    case Unit::kItemsPerSecond:
      return "items_per_second";
    case Unit::kBytes:
      return "bytes";
    case Unit::kSeconds:
      break;
  }
  return "seconds";
}

// The reverse; nullopt: no unit is called so.
inline std::optional<Unit> UnitNamed(absl::string_view name) {
  for (const Unit unit :
       {Unit::kSeconds, Unit::kBytesPerSecond, Unit::kItemsPerSecond, Unit::kBytes}) {
    if (name == NameOf(unit)) return unit;
  }
  return std::nullopt;
}

// Whether less of it is better.
inline bool LessIsBetter(Unit unit) { return unit == Unit::kSeconds || unit == Unit::kBytes; }

}  // namespace mig::bench

#endif  // MIG_BENCH_TABLE_UNIT_H_
