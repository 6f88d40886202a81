// Replacing one large file and four small ones, durably: by the loader's transaction, by hand, and
// by dpkg.

#ifndef MIG_BENCH_SUITES_REPLACE_SUITE_H_
#define MIG_BENCH_SUITES_REPLACE_SUITE_H_

#include <cstddef>

#include "bench/table/table.h"

namespace mig::bench {

struct ReplaceSuiteOptions {
  size_t large_bytes = 20 << 20;
};
// The rows beside dpkg only where there is a dpkg; it works on a database and below a directory of
// its own, and the system's is not touched.
void AddReplaceRows(Table& table, const ReplaceSuiteOptions& options);

}  // namespace mig::bench

#endif  // MIG_BENCH_SUITES_REPLACE_SUITE_H_
