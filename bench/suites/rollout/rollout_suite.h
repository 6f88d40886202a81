// Who gets what: filters, and the decision that every check-in of every host asks for.

#ifndef MIG_BENCH_SUITES_ROLLOUT_ROLLOUT_SUITE_H_
#define MIG_BENCH_SUITES_ROLLOUT_ROLLOUT_SUITE_H_

#include "bench/table/table.h"

namespace mig::bench {

// Their limits are what no decision can do without, written by hand: comparisons of the same texts,
// and the digest that is the host's cohort. They have no goal: they say what evidence costs.
void AddRolloutRows(Table& table);

}  // namespace mig::bench

#endif  // MIG_BENCH_SUITES_ROLLOUT_ROLLOUT_SUITE_H_
