#include "sim/report/histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "absl/time/time.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"

namespace mig::sim {
namespace {

using base::testing::Seed;
using base::testing::SeededRandom;

constexpr uint32_t kShares[] = {1, 1'000, 50'000, 90'000, 99'000, 99'900, 99'999, 100'000};

// By the definition, from all values.
absl::Duration Exact(std::vector<absl::Duration> values, uint32_t share) {
  std::ranges::sort(values);
  const uint64_t rank = (values.size() * uint64_t{share} + 99'999) / 100'000;
  return values[std::max<uint64_t>(rank, 1) - 1];
}

// From microseconds to an hour, each order of magnitude alike.
absl::Duration AnyLatency(SeededRandom& random) {
  const uint64_t bits = 1 + random.Below(31);
  return absl::Microseconds(static_cast<int64_t>(random.Below(uint64_t{1} << bits)));
}

TEST(HistogramTest, AQuantileIsWithinTheStatedErrorOfTheExactOneAndNeverBelowIt) {
  const Seed seed = Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  SeededRandom random(seed);

  for (const size_t count : {1, 2, 7, 100, 10'000}) {
    Histogram histogram;
    std::vector<absl::Duration> values;
    for (size_t i = 0; i < count; ++i) {
      values.push_back(AnyLatency(random));
      histogram.Add(values.back());
    }
    for (const uint32_t share : kShares) {
      SCOPED_TRACE(share);
      const absl::Duration exact = Exact(values, share);
      EXPECT_GE(histogram.Quantile(share), exact);
      EXPECT_LE(histogram.Quantile(share), exact + exact / 128 + absl::Microseconds(1));
    }
    EXPECT_EQ(histogram.max(), Exact(values, 100'000));
    EXPECT_EQ(histogram.count(), count);
  }
}

TEST(HistogramTest, SmallWholeMicrosecondsAreExact) {
  Histogram histogram;
  for (int us = 1; us <= 200; ++us) histogram.Add(absl::Microseconds(us));

  EXPECT_EQ(histogram.Quantile(50'000), absl::Microseconds(100));
  EXPECT_EQ(histogram.Quantile(99'000), absl::Microseconds(198));
  EXPECT_EQ(histogram.Quantile(100'000), absl::Microseconds(200));
}

TEST(HistogramTest, OneOfAThousandIsSeenBehindTheLastNine) {
  Histogram histogram;
  for (int i = 0; i < 999; ++i) histogram.Add(absl::Milliseconds(1));
  histogram.Add(absl::Seconds(9));

  EXPECT_LT(histogram.Quantile(99'900), absl::Milliseconds(2));
  EXPECT_EQ(histogram.Quantile(99'901), absl::Seconds(9));
}

TEST(HistogramTest, WithoutSamplesAllIsZero) {
  EXPECT_EQ(Histogram().count(), 0u);
  EXPECT_EQ(Histogram().Quantile(99'000), absl::ZeroDuration());
  EXPECT_EQ(Histogram().max(), absl::ZeroDuration());
}

TEST(HistogramTest, WhatLiesOutsideCountsAsTheNearestAndTheMaximumStaysExact) {
  Histogram histogram;
  histogram.Add(-absl::Seconds(1));
  histogram.Add(absl::ZeroDuration());
  histogram.Add(absl::Hours(24));
  histogram.Add(absl::InfiniteDuration());

  EXPECT_LE(histogram.Quantile(50'000), absl::Microseconds(1));
  EXPECT_GE(histogram.Quantile(75'000), absl::Minutes(70));
  EXPECT_EQ(histogram.max(), absl::InfiniteDuration());
}

TEST(HistogramTest, MergedIsAsIfAllHadBeenGivenToOne) {
  const Seed seed = Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  SeededRandom random(seed);
  Histogram all;
  Histogram parts[3];
  for (int i = 0; i < 3'000; ++i) {
    const absl::Duration value = AnyLatency(random);
    all.Add(value);
    parts[i % 3].Add(value);
  }

  parts[0].Merge(parts[1]);
  parts[0].Merge(parts[2]);

  EXPECT_EQ(parts[0].count(), all.count());
  EXPECT_EQ(parts[0].max(), all.max());
  for (const uint32_t share : kShares) EXPECT_EQ(parts[0].Quantile(share), all.Quantile(share));
}

}  // namespace
}  // namespace mig::sim
