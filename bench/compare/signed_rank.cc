#include "bench/compare/signed_rank.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/check.h"

namespace mig::bench {
namespace {

// Of each difference's size among all sizes, twice: so that a shared rank is a whole number.
std::vector<size_t> DoubledRanks(const std::vector<double>& differences) {
  std::vector<size_t> order(differences.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::abs(differences[a]) < std::abs(differences[b]);
  });
  std::vector<size_t> ranks(differences.size());
  for (size_t first = 0, last = 0; first < order.size(); first = last) {
    while (last < order.size() &&
           std::abs(differences[order[last]]) == std::abs(differences[order[first]])) {
      ++last;
    }
    // The mean of first + 1 ... last.
    for (size_t i = first; i < last; ++i) ranks[order[i]] = first + 1 + last;
  }
  return ranks;
}

// chance[s]: that the ranks whose coins fall on heads sum up to s.
std::vector<double> ChancesOfSums(const std::vector<size_t>& ranks) {
  std::vector<double> chances = {1};
  for (const size_t rank : ranks) {
    std::vector<double> next(chances.size() + rank, 0);
    for (size_t sum = 0; sum < chances.size(); ++sum) {
      next[sum] += chances[sum] / 2;
      next[sum + rank] += chances[sum] / 2;
    }
    chances = std::move(next);
  }
  return chances;
}

// How many of the sorted means may be cut off at each end.
size_t CutOff(size_t pairs, double confidence) {
  std::vector<size_t> ranks(pairs);
  for (size_t i = 0; i < pairs; ++i) ranks[i] = i + 1;
  const std::vector<double> chances = ChancesOfSums(ranks);
  double below = 0;
  size_t cut = 0;
  while (below + chances[cut] <= (1 - confidence) / 2) below += chances[cut++];
  return cut;
}

}  // namespace

double ChanceOfAsLarge(const std::vector<double>& differences) {
  MIG_CHECK(differences.size() <= kMaxPairs) << differences.size();
  const std::vector<size_t> ranks = DoubledRanks(differences);
  std::vector<size_t> with_sign;
  size_t positive = 0;
  for (size_t i = 0; i < differences.size(); ++i) {
    if (differences[i] == 0) continue;
    with_sign.push_back(ranks[i]);
    if (differences[i] > 0) positive += ranks[i];
  }
  const std::vector<double> chances = ChancesOfSums(with_sign);
  double chance = 0;
  for (size_t sum = chances.size(); sum-- > positive;) chance += chances[sum];
  return std::min(chance, 1.0);
}

Shift ShiftOf(const std::vector<double>& differences, double confidence) {
  MIG_CHECK(!differences.empty() && differences.size() <= kMaxPairs) << differences.size();
  std::vector<double> means;
  for (size_t i = 0; i < differences.size(); ++i) {
    for (size_t j = i; j < differences.size(); ++j) {
      means.push_back((differences[i] + differences[j]) / 2);
    }
  }
  std::sort(means.begin(), means.end());
  const size_t middle = means.size() / 2;
  // The interval's ends are the means just beyond those that may be cut off.
  const size_t cut = CutOff(differences.size(), confidence);
  const size_t end = cut == 0 ? 0 : cut - 1;
  return {
      .estimate = means.size() % 2 == 1 ? means[middle] : (means[middle - 1] + means[middle]) / 2,
      .low = means[end],
      .high = means[means.size() - 1 - end]};
}

}  // namespace mig::bench
