// A comparison as people and as programs read it.

#ifndef MIG_BENCH_COMPARE_REPORT_H_
#define MIG_BENCH_COMPARE_REPORT_H_

#include <string>

#include "bench/compare/comparison.h"

namespace mig::bench {

// `name, base, here, slower by, interval, p, limit` in columns, with the verdict in words, the rows
// that were not compared, and a last line that says what it comes to.
std::string ToText(const Comparison& comparison);

// One object: verdict ("regression" or "none"), same_program, pairs, alpha, confidence, rows (name,
// unit, base, here, slower_by, low, high, p, limit, verdict), only_base, only_here.
std::string ToJson(const Comparison& comparison);

}  // namespace mig::bench

#endif  // MIG_BENCH_COMPARE_REPORT_H_
