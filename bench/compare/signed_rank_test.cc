#include "bench/compare/signed_rank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace mig::bench {
namespace {

// The chances and estimates below were computed once with SciPy 1.10.1 (`wilcoxon`, exact,
// alternative "greater") and, for ties and zeros, by going through all signs.
const std::vector<double> kMixed = {0.011, -0.034, 0.052, 0.087,  -0.009, 0.123,
                                    0.041, 0.066,  0.018, -0.027, 0.095,  0.073};
const std::vector<double> kAllAbove = {0.2, 0.21, 0.19, 0.25, 0.18, 0.22, 0.17, 0.3, 0.26, 0.24};
// Hollander and Wolfe's depression scores, before less after.
const std::vector<double> kDepression = {0.952, -0.147, 1.022, 0.43, 0.62, 0.59, 0.49, -0.08, 0.01};

TEST(SignedRankTest, TheChanceIsTheExactOne) {
  EXPECT_NEAR(ChanceOfAsLarge(kMixed), 0.010498046875, 1e-12);
  EXPECT_NEAR(ChanceOfAsLarge(kAllAbove), 0.0009765625, 1e-12);
  EXPECT_NEAR(ChanceOfAsLarge(kDepression), 0.01953125, 1e-12);
}

TEST(SignedRankTest, EqualSizesShareRanksAndZerosGiveToNeitherSide) {
  EXPECT_NEAR(ChanceOfAsLarge({1, 1, 2, 2, -2, 3, 0, 0, 4}), 0.046875, 1e-12);
}

TEST(SignedRankTest, WhatIsBelowZeroIsNoSlowdown) {
  std::vector<double> faster = kAllAbove;
  for (double& difference : faster) difference = -difference;

  EXPECT_EQ(ChanceOfAsLarge(faster), 1);
}

TEST(SignedRankTest, NoDifferenceAtAllProvesNothing) {
  EXPECT_EQ(ChanceOfAsLarge({}), 1);
  EXPECT_EQ(ChanceOfAsLarge({0, 0, 0, 0}), 1);
}

TEST(SignedRankTest, TheEstimateIsTheMedianOfMeansOfTwoWithItsInterval) {
  const Shift mixed = ShiftOf(kMixed, 0.95);
  EXPECT_NEAR(mixed.estimate, 0.042, 1e-12);
  EXPECT_NEAR(mixed.low, 0.007, 1e-12);
  EXPECT_NEAR(mixed.high, 0.0765, 1e-12);

  const Shift depression = ShiftOf(kDepression, 0.95);
  EXPECT_NEAR(depression.estimate, 0.46, 1e-12);
  EXPECT_NEAR(depression.low, 0.01, 1e-12);
  EXPECT_NEAR(depression.high, 0.786, 1e-12);
}

TEST(SignedRankTest, WithFewDifferencesTheIntervalIsAllThereIs) {
  EXPECT_EQ(ShiftOf({0.5}, 0.95), (Shift{.estimate = 0.5, .low = 0.5, .high = 0.5}));
  EXPECT_EQ(ShiftOf({1, 3}, 0.95), (Shift{.estimate = 2, .low = 1, .high = 3}));
}

TEST(SignedRankTest, OneOutlierMovesTheEstimateLittle) {
  std::vector<double> with_outlier = kAllAbove;
  with_outlier.back() = 50;

  EXPECT_NEAR(ShiftOf(with_outlier, 0.95).estimate, ShiftOf(kAllAbove, 0.95).estimate, 0.02);
}

TEST(SignedRankTest, TheMostPairsAreStillExact) {
  EXPECT_NEAR(ChanceOfAsLarge(std::vector<double>(kMaxPairs, 1)), 0, 1e-50);
  EXPECT_GT(ChanceOfAsLarge(std::vector<double>(kMaxPairs, 1)), 0);
}

}  // namespace
}  // namespace mig::bench
