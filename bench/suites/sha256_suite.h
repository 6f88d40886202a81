// SHA-256: of a buffer, of a large cached file, of two files on two cores, of many small files.

#ifndef MIG_BENCH_SUITES_SHA256_SUITE_H_
#define MIG_BENCH_SUITES_SHA256_SUITE_H_

#include <cstddef>

#include "bench/table/table.h"

namespace mig::bench {

// The goals are the same whatever the sizes.
struct Sha256SuiteOptions {
  size_t large_file_bytes = 64 << 20;
  size_t small_files = 10'000;  // of 4 KiB
};
void AddSha256Rows(Table& table, const Sha256SuiteOptions& options);

}  // namespace mig::bench

#endif  // MIG_BENCH_SUITES_SHA256_SUITE_H_
