// What the coordinator's store adds to SQLite: durable batches of check-ins.

#ifndef MIG_BENCH_SUITES_STORE_STORE_SUITE_H_
#define MIG_BENCH_SUITES_STORE_STORE_SUITE_H_

#include "bench/table/table.h"

namespace mig::bench {

// Batches of 100 and of 1,000 rows, against the bare upsert in as many transactions.
void AddStoreRows(Table& table);

}  // namespace mig::bench

#endif  // MIG_BENCH_SUITES_STORE_STORE_SUITE_H_
