#include "bench/table/shown.h"

#include "absl/strings/str_format.h"

namespace mig::bench {

std::string Shown(double number, Unit unit) {
  switch (unit) {
    case Unit::kBytesPerSecond:
      return absl::StrFormat("%.0f MB/s", number / 1e6);
    case Unit::kItemsPerSecond:
      return absl::StrFormat("%.0f /s", number);
    case Unit::kBytes:
      return absl::StrFormat("%.1f MB", number / 1e6);
    case Unit::kSeconds:
      break;
  }
  if (number < 1e-6) return absl::StrFormat("%.0f ns", number * 1e9);
  if (number < 1e-3) return absl::StrFormat("%.1f us", number * 1e6);
  if (number < 1) return absl::StrFormat("%.2f ms", number * 1e3);
  return absl::StrFormat("%.2f s", number);
}

}  // namespace mig::bench
