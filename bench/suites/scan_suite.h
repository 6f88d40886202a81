// The scan of a tree in which nothing changed: what every run of every host pays.

#ifndef MIG_BENCH_SUITES_SCAN_SUITE_H_
#define MIG_BENCH_SUITES_SCAN_SUITE_H_

#include <cstddef>

#include "bench/table/table.h"

namespace mig::bench {

struct ScanSuiteOptions {
  size_t files = 10'000;  // of 4 KiB
};
void AddScanRows(Table& table, const ScanSuiteOptions& options);

}  // namespace mig::bench

#endif  // MIG_BENCH_SUITES_SCAN_SUITE_H_
