#include "base/testing/seeded_random.h"

#include <cstddef>

namespace mig::base::testing {

void SeededRandom::Fill(std::span<char> bytes) {
  for (size_t i = 0; i < bytes.size(); i += 8) {
    state_ += 0x9E3779B97F4A7C15;
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    mixed ^= mixed >> 31;
    for (size_t j = i; j < bytes.size() && j < i + 8; ++j, mixed >>= 8) {
      bytes[j] = static_cast<char>(mixed);
    }
  }
}

}  // namespace mig::base::testing
