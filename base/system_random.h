// Random numbers fit for keys: BoringSSL's, seeded by the kernel.

#ifndef MIG_BASE_SYSTEM_RANDOM_H_
#define MIG_BASE_SYSTEM_RANDOM_H_

#include <span>

#include "base/random.h"

namespace mig::base {

// Any thread may call. Aborts where the kernel has no entropy source: nothing safe could follow.
class SystemRandom : public Random {
 public:
  void Fill(std::span<char> bytes) override;
};

}  // namespace mig::base

#endif  // MIG_BASE_SYSTEM_RANDOM_H_
