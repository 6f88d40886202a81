#include "rollout/version.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"

namespace mig::rollout {
namespace {

using base::testing::Seed;
using base::testing::SeededRandom;

TEST(VersionTest, EachTextIsAboveTheOneBeforeIt) {
  const std::vector<std::vector<std::string>> chains = {
      {"", "a", "0", "1", "1.0", "1.0.1", "1.1", "1.9", "1.10", "2"},
      {"4.2-rc1", "4.2-rc2", "4.2-rc10", "4.2~beta", "4.2", "4.2.0", "4.2.1", "4.2a", "4.10"},
      {"6.1.0-9-amd64", "6.1.0-18-amd64", "6.1.0", "6.1.1", "6.12"},
      // Digit runs by value at any length.
      {"1.99999999999999999999999", "1.100000000000000000000000", "1.100000000000000000000001"},
      // Ties by bytes: leading zeros.
      {"1.0001", "1.001", "1.01", "1.1"},
      // `-` and `~` are below the end of a run and all other bytes in it; no circle.
      {"1.0-b", "1.0~b", "1.0", "1.0+a", "1.0.b"},
      {"1.0rc-1", "1.0rc", "1.0rc1", "1.0rd"},
      // A digit run is above any other run.
      {"a", "\xff", "0", "0a"},
      {"1.0", "1.a"},  // the runs are "." and ".a" there
  };
  for (const std::vector<std::string>& chain : chains) {
    for (size_t low = 0; low < chain.size(); ++low) {
      EXPECT_EQ(CompareVersions(chain[low], chain[low]), std::strong_ordering::equal);
      for (size_t high = low + 1; high < chain.size(); ++high) {
        EXPECT_TRUE(CompareVersions(chain[low], chain[high]) < 0)
            << chain[low] << " and " << chain[high];
        EXPECT_TRUE(CompareVersions(chain[high], chain[low]) > 0)
            << chain[high] << " and " << chain[low];
      }
    }
  }
}

TEST(VersionTest, IsATotalOrderOnRandomTexts) {
  const Seed seed = Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  SeededRandom random(seed);
  constexpr char kBytes[] = "01.-~+a";
  const auto text = [&] {
    std::string made;
    for (uint64_t n = random.Below(6); n > 0; --n) made.push_back(kBytes[random.Below(7)]);
    return made;
  };
  for (int i = 0; i < 200'000; ++i) {
    const std::string a = text();
    const std::string b = text();
    const std::string c = text();
    const auto ab = CompareVersions(a, b);
    ASSERT_EQ(ab == 0, a == b) << a << " and " << b;
    ASSERT_EQ(ab<0, CompareVersions(b, a)> 0) << a << " and " << b;
    if (ab < 0 && CompareVersions(b, c) < 0) {
      ASSERT_TRUE(CompareVersions(a, c) < 0) << a << " < " << b << " < " << c;
    }
  }
}

}  // namespace
}  // namespace mig::rollout
