// Whether one revision is slower than another: samples in, verdict out. Pure.
//
// A row is a regression if two things hold: it is slower beyond chance, judged over all rows
// together, and it is slower by more than the row's own limit. The first alone would call a
// difference of 1 % a regression that only the layout of the program made; the second alone would
// call the machine's noise one.
//
// Over all rows together: S. Holm, A simple sequentially rejective multiple test procedure, 1979,
// which holds whatever the rows have to do with each other.

#ifndef MIG_BENCH_COMPARE_COMPARISON_H_
#define MIG_BENCH_COMPARE_COMPARISON_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "bench/compare/signed_rank.h"
#include "bench/samples/samples.h"

namespace mig::bench {

// The chance, over all rows together, of calling something slower that is not.
inline constexpr double kFamilyAlpha = 0.01;
// Of each row's interval.
inline constexpr double kConfidence = 0.95;

struct ComparedRow {
  std::string name;
  Unit unit = Unit::kSeconds;
  double base = 0;  // medians over the runs of their medians
  double here = 0;
  // How much more time the same work takes here than in the base: 0.2 is a fifth more, below zero
  // is faster. Of rates too.
  Shift slowdown;
  double p = 1;      // that it is slower by chance, adjusted for all rows
  double limit = 0;  // the larger one of what both sides state
  enum class Verdict {
    kSame,        // neither of the below is proven
    kFaster,      // the interval lies below zero (of this row alone: for information)
    kSlower,      // beyond chance, and within the limit
    kRegression,  // beyond chance and beyond the limit
  };
  Verdict verdict = Verdict::kSame;
};

// Whether the two revisions came out as different programs.
enum class Programs {
  kDiffer,
  kSameBytes,  // then whatever differs is the machine: no row has a verdict
};

struct Comparison {
  size_t pairs = 0;
  Programs programs = Programs::kDiffer;
  std::vector<ComparedRow> rows;       // in the order of the base's first run
  std::vector<std::string> only_base;  // rows that are not in every run of the other side
  std::vector<std::string> only_here;

  bool HasRegression() const;
};

// Pair i is (base[i], here[i]), measured one after the other in the order A B B A. Each run gives
// one number for each row, the median of its repetitions: those of one run share its memory's
// layout and its moment, and are not independent.
//
// Errors: InvalidArgument      not as many runs of one side as of the other, or over kMaxPairs
//         FailedPrecondition   no row in common, other sizes or units, or too few pairs to find
//                              anything (says how many are needed)
absl::StatusOr<Comparison> Compare(absl::Span<const RunSamples> base,
                                   absl::Span<const RunSamples> here,
                                   Programs programs = Programs::kDiffer);

// The least number of pairs with which `rows` rows can come out as slower at all.
size_t LeastPairs(size_t rows);

}  // namespace mig::bench

#endif  // MIG_BENCH_COMPARE_COMPARISON_H_
