#include "base/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "base/system_random.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"

namespace mig::base {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Lt;
using testing::Seed;
using testing::SeededRandom;

TEST(SystemRandomTest, FillsEverythingAndNeverTheSame) {
  SystemRandom random;
  const std::string bytes = random.Bytes(1000);
  EXPECT_EQ(bytes.size(), 1000u);
  EXPECT_GT(std::set<char>(bytes.begin(), bytes.end()).size(), 100u);
  EXPECT_NE(bytes, random.Bytes(1000));
  EXPECT_EQ(random.Bytes(0), "");
}

TEST(SeededRandomTest, TheSameSeedGivesTheSameBytesOnEveryMachine) {
  SeededRandom random(Seed(1234567));
  // The published splitmix64 gives 6457827717110365317 first for this seed.
  EXPECT_EQ(absl::BytesToHexString(random.Bytes(8)), "85fc08fb17d09e59");
  EXPECT_EQ(SeededRandom(Seed(7)).Bytes(13), SeededRandom(Seed(7)).Bytes(13));
  EXPECT_NE(SeededRandom(Seed(7)).Bytes(13), SeededRandom(Seed(8)).Bytes(13));
}

// Gives what it is told to.
class ScriptedRandom : public Random {
 public:
  explicit ScriptedRandom(std::string bytes) : bytes_(std::move(bytes)) {}
  void Fill(std::span<char> bytes) override {
    bytes_.copy(bytes.data(), bytes.size());
    bytes_.erase(0, bytes.size());
  }

 private:
  std::string bytes_;
};

TEST(RandomTest, BelowTakesNoNumberThatWouldFavourSmallOnes) {
  ScriptedRandom random("\xfb" + std::string(7, '\xff') + std::string("\x09\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(random.Below(10), 9u) << "2^64 - 5 is drawn again";
}

TEST(RandomTest, BelowAndJitterStayInTheirBounds) {
  const Seed seed = Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  SeededRandom random(seed);
  std::set<uint64_t> drawn;
  for (int i = 0; i < 1000; ++i) {
    drawn.insert(random.Below(5));
    EXPECT_THAT(random.Jitter(absl::Seconds(3)),
                AllOf(Ge(absl::ZeroDuration()), Lt(absl::Seconds(3))));
  }
  EXPECT_EQ(drawn, (std::set<uint64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(random.Below(1), 0u);
  EXPECT_EQ(random.Jitter(absl::ZeroDuration()), absl::ZeroDuration());
  EXPECT_EQ(random.Jitter(-absl::Seconds(1)), absl::ZeroDuration());
}

TEST(SeedTest, ItPrintsHowToSetItAndSplitsIntoIndependentOnes) {
  EXPECT_EQ(::testing::PrintToString(Seed(42)), "MIG_TEST_SEED=42");
  EXPECT_EQ(Seed(42).For("disk", 3), Seed(42).For("disk", 3));
  EXPECT_NE(Seed(42).For("disk", 3), Seed(42).For("disk", 4));
  EXPECT_NE(Seed(42).For("disk", 3), Seed(42).For("net", 3));
  EXPECT_NE(Seed(42).For("disk", 3), Seed(43).For("disk", 3));
}

TEST(SeedTest, TheEnvironmentDecides) {
  ASSERT_EQ(setenv("MIG_TEST_SEED", "99", 1), 0);
  EXPECT_EQ(Seed::FromEnvironmentOrRandom(), Seed(99));
  ASSERT_EQ(setenv("MIG_TEST_SEED", "many", 1), 0);
  EXPECT_DEATH(Seed::FromEnvironmentOrRandom(), "MIG_TEST_SEED is not a number: many");
  ASSERT_EQ(unsetenv("MIG_TEST_SEED"), 0);
}

}  // namespace
}  // namespace mig::base
