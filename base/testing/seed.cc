#include "base/testing/seed.h"

#include <cstdlib>
#include <random>

#include "absl/strings/numbers.h"
#include "base/check.h"
#include "base/endian.h"
#include "base/sha256.h"

namespace mig::base::testing {

Seed Seed::FromEnvironmentOrRandom() {
  if (const char* text = std::getenv("MIG_TEST_SEED"); text != nullptr) {
    uint64_t value = 0;
    MIG_CHECK(absl::SimpleAtoi(text, &value)) << "MIG_TEST_SEED is not a number: " << text;
    return Seed(value);
  }
  std::random_device device;
  return Seed((uint64_t{device()} << 32) | device());
}

Seed Seed::For(absl::string_view label, uint64_t index) const {
  return Seed(
      ReadU64Be(Sha256().AddU64Be(value_).AddWithLength(label).AddU64Be(index).Finish().bytes()));
}

}  // namespace mig::base::testing
