// Wilcoxon's signed-rank test and the estimate and interval that belong to it, for the differences
// of pairs that were measured one after the other. Exact, for the few pairs there are.
//
// Why this and not a comparison of two heaps of numbers: the machine's speed drifts by more than
// what is looked for, and what drifts slowly is the same for both halves of a pair. Under the
// hypothesis that nothing changed, either half could have been the other one, so each difference is
// as likely as its negative; no distribution is assumed, and a single outlier counts by its rank.
//
// Sources: F. Wilcoxon, Individual comparisons by ranking methods, 1945; J. W. Pratt, Remarks on
// zeros and ties in the Wilcoxon signed rank procedures, 1959; J. L. Hodges and E. L. Lehmann,
// Estimates of location based on rank tests, 1963; Hollander, Wolfe, Chicken, Nonparametric
// statistical methods, 3rd edition, chapter 3.

#ifndef MIG_BENCH_COMPARE_SIGNED_RANK_H_
#define MIG_BENCH_COMPARE_SIGNED_RANK_H_

#include <cstddef>
#include <vector>

namespace mig::bench {

// More pairs than this are our own bug: the exact distribution takes cubic time.
inline constexpr size_t kMaxPairs = 200;

// The chance of a sum of positive ranks as large as that of `differences`, or larger, if each sign
// were a coin's: small means that the differences lie above zero. Zeros take their ranks and give
// nothing to either side (Pratt); equal sizes share their ranks. 1 for no differences at all.
double ChanceOfAsLarge(const std::vector<double>& differences);

struct Shift {
  double estimate = 0;  // Hodges and Lehmann: the median of all means of two (or one) of them
  double low = 0;       // an interval that holds the true shift with at least the confidence asked
  double high = 0;      // for, unless there are too few differences: then all that there are

  friend bool operator==(const Shift&, const Shift&) = default;
};
// `confidence` between 0 and 1. At least one difference.
Shift ShiftOf(const std::vector<double>& differences, double confidence);

}  // namespace mig::bench

#endif  // MIG_BENCH_COMPARE_SIGNED_RANK_H_
