// Random numbers that are the same again for the same seed, on every machine.

#ifndef MIG_BASE_TESTING_SEEDED_RANDOM_H_
#define MIG_BASE_TESTING_SEEDED_RANDOM_H_

#include <cstdint>
#include <span>

#include "base/random.h"
#include "base/testing/seed.h"

namespace mig::base::testing {

// splitmix64 (Steele, Lea, Flood, OOPSLA 2014): fast, 8 bytes of state, not secret at all.
// One thread at a time.
class SeededRandom : public Random {
 public:
  explicit SeededRandom(Seed seed) : state_(seed.value()) {}

  void Fill(std::span<char> bytes) override;

 private:
  uint64_t state_;
};

}  // namespace mig::base::testing

#endif  // MIG_BASE_TESTING_SEEDED_RANDOM_H_
