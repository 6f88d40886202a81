// How often the comparison errs, over many worlds whose truth is known: as many rows and pairs as
// `tools/bench --against REV --quick` has, noise of 5 %, bad moments, and a machine whose speed
// wanders by more than what is looked for.

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "bench/compare/comparison.h"

namespace mig::bench {
namespace {

using base::testing::Seed;

constexpr size_t kQuickPairs = 20;
constexpr size_t kQuickRepetitions = 3;
constexpr size_t kRows = 24;
constexpr double kNoise = 0.05;

// What a world's rows and machine are like; `slowdown` is of the first row only.
struct World {
  double slowdown = 0;
  double limit = 0.1;
};

struct Runs {
  std::vector<RunSamples> base;
  std::vector<RunSamples> here;
};

class Machine {
 public:
  explicit Machine(Seed seed) : random_(seed) {}

  // Pairs in the order A B B A; each run is a little slower or faster than the one before it.
  Runs Measure(const World& world) {
    Runs runs;
    double drift = 0;
    for (size_t pair = 0; pair < kQuickPairs; ++pair) {
      for (const bool first : {true, false}) {
        drift += 0.03 * Normal() + 0.01;
        const bool is_base = first == (pair % 2 == 0);
        (is_base ? runs.base : runs.here)
            .push_back(OneRun(drift, is_base ? 0 : world.slowdown, world.limit));
      }
    }
    return runs;
  }

 private:
  RunSamples OneRun(double drift, double slowdown, double limit) {
    RunSamples run = {.size = Size::kQuick};
    for (size_t row = 0; row < kRows; ++row) {
      // The layout of this run's memory stays for all of its repetitions.
      const double more = (row == 0 ? std::log1p(slowdown) : 0) + 0.015 * Normal();
      run.rows.push_back({.name = "row" + std::to_string(row), .slowdown_limit = limit});
      for (size_t i = 0; i < kQuickRepetitions; ++i) {
        const double bad_moment = Uniform() < 0.05 ? 0.4 : 0;
        const double noise = kNoise * Normal();
        run.rows.back().numbers.push_back(std::exp(drift + more + bad_moment + noise));
      }
    }
    return run;
  }

  // In (0, 1).
  double Uniform() { return (static_cast<double>(random_.Uint64() >> 11) + 0.5) * 0x1p-53; }
  // Of mean 0 and deviation 1 (Box and Muller, 1958).
  double Normal() {
    return std::sqrt(-2 * std::log(Uniform())) * std::cos(2 * std::numbers::pi * Uniform());
  }

  base::testing::SeededRandom random_;
};

// In how many of `trials` worlds something was called a regression.
int RedOnes(const World& world, int trials, Seed seed) {
  int red = 0;
  for (int i = 0; i < trials; ++i) {
    const Runs runs = Machine(seed.For("world", static_cast<uint64_t>(i))).Measure(world);
    const auto comparison = Compare(runs.base, runs.here);
    EXPECT_TRUE(comparison.ok()) << comparison.status();
    if (comparison.ok() && comparison->HasRegression()) ++red;
  }
  return red;
}

// A fixed seed: these are measurements of the method, and must not fail by chance.
constexpr Seed kSeed(20261124);

TEST(ErrorRatesTest, NoiseAloneIsRedInFewerThanOneOfAHundredWorldsEvenWithoutALimit) {
  EXPECT_LT(RedOnes({.slowdown = 0, .limit = 0}, 1'000, kSeed), 10);
}

TEST(ErrorRatesTest, NoiseAloneIsNeverRedWithTheLimit) {
  EXPECT_EQ(RedOnes({.slowdown = 0, .limit = 0.1}, 1'000, kSeed), 0);
}

TEST(ErrorRatesTest, ASlowdownOfAFifthIsFoundWithTheSamplesOfQuick) {
  EXPECT_GE(RedOnes({.slowdown = 0.2, .limit = 0.1}, 500, kSeed), 490);
}

TEST(ErrorRatesTest, ASlowdownOfHalfTheLimitIsNotCalledARegression) {
  EXPECT_LE(RedOnes({.slowdown = 0.05, .limit = 0.1}, 500, kSeed), 5);
}

}  // namespace
}  // namespace mig::bench
