// Random numbers are passed in: nonces, keys, jitter.

#ifndef MIG_BASE_RANDOM_H_
#define MIG_BASE_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "absl/time/time.h"

namespace mig::base {

// The stand-in of tests and simulation is not secret; the real one is fit for keys and nonces.
class Random {
 public:
  virtual ~Random() = default;

  virtual void Fill(std::span<char> bytes) = 0;

  std::string Bytes(size_t count);
  uint64_t Uint64();
  // Uniform in [0, bound), without bias; `bound` > 0.
  uint64_t Below(uint64_t bound);
  // Uniform in [0, most), in nanoseconds; zero if `most` is not positive.
  absl::Duration Jitter(absl::Duration most);
};

}  // namespace mig::base

#endif  // MIG_BASE_RANDOM_H_
