// A random test prints its seed, and can be run again with it.

#ifndef MIG_BASE_TESTING_SEED_H_
#define MIG_BASE_TESTING_SEED_H_

#include <cstdint>
#include <ostream>

#include "absl/strings/string_view.h"

namespace mig::base::testing {

// A value. SCOPED_TRACE(seed) makes a failure print `MIG_TEST_SEED=...`.
class Seed {
 public:
  // What MIG_TEST_SEED says (decimal; anything else aborts), else another one each time.
  static Seed FromEnvironmentOrRandom();

  explicit constexpr Seed(uint64_t value) : value_(value) {}

  constexpr uint64_t value() const { return value_; }

  // An independent seed for one part of a test: the same label and index give the same one.
  Seed For(absl::string_view label, uint64_t index = 0) const;

  friend bool operator==(const Seed&, const Seed&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Seed& seed) {
    return out << "MIG_TEST_SEED=" << seed.value_;
  }

 private:
  uint64_t value_;
};

}  // namespace mig::base::testing

#endif  // MIG_BASE_TESTING_SEED_H_
