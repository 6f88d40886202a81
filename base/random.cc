#include "base/random.h"

#include <limits>

#include "base/check.h"

namespace mig::base {

std::string Random::Bytes(size_t count) {
  std::string bytes(count, '\0');
  Fill(bytes);
  return bytes;
}

uint64_t Random::Uint64() {
  uint64_t number;
  Fill(std::span<char>(reinterpret_cast<char*>(&number), sizeof(number)));
  return number;
}

uint64_t Random::Below(uint64_t bound) {
  MIG_CHECK(bound > 0);
  // The last multiple of `bound` that fits; what lies above would favour small results.
  const uint64_t limit =
      std::numeric_limits<uint64_t>::max() - std::numeric_limits<uint64_t>::max() % bound;
  for (;;) {
    const uint64_t number = Uint64();
    if (number < limit) return number % bound;
  }
}

absl::Duration Random::Jitter(absl::Duration most) {
  const int64_t nanoseconds = absl::ToInt64Nanoseconds(most);
  if (nanoseconds <= 0) return absl::ZeroDuration();
  return absl::Nanoseconds(static_cast<int64_t>(Below(static_cast<uint64_t>(nanoseconds))));
}

}  // namespace mig::base
