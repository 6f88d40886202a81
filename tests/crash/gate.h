// Whether the crash suite is red for a mutant of the loader.

#ifndef MIG_TESTS_CRASH_GATE_H_
#define MIG_TESTS_CRASH_GATE_H_

#include <string>

#include "base/testing/seed.h"
#include "tests/crash/mutation.h"

namespace mig::tests {

struct Verdict {
  enum class Kind { kCaught, kRedundant, kSurvived };
  Kind kind = Kind::kSurvived;
  std::string by;  // what caught it: where, and the first invariant that was broken
};

// Attacks the mutant until something is broken: power cuts, damage, failing fsyncs, kills, faults.
// Redundant: nothing was, and the mutant's reason says why nothing can be.
Verdict Try(const Mutant& mutant, base::testing::Seed seed, int threads);

}  // namespace mig::tests

#endif  // MIG_TESTS_CRASH_GATE_H_
