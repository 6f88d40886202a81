// Three mutants of the loader, named by the seed (ADVERSARY 116); tools/mutants tries all.

#include <gtest/gtest.h>

#include <vector>

#include "base/testing/seed.h"
#include "tests/crash/gate.h"
#include "tests/crash/mutation.h"
#include "tests/crash/work.h"

namespace mig::tests {
namespace {

TEST(MutantsTest, TheCrashSuiteIsRedForThoseThatTheSeedNames) {
  const auto seed = base::testing::Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  for (const size_t i : Draw(Mutants().size(), 3, seed.For("mutants"))) {
    const Mutant& mutant = Mutants()[i];
    const Verdict verdict = Try(mutant, seed, 1);
    EXPECT_NE(verdict.kind, Verdict::Kind::kSurvived) << mutant.name << ": " << mutant.what;
  }
}

}  // namespace
}  // namespace mig::tests
