// Signatures: Ed25519, and a whole signed document through the one door of trust/.

#ifndef MIG_BENCH_SUITES_TRUST_SUITE_H_
#define MIG_BENCH_SUITES_TRUST_SUITE_H_

#include "bench/table/table.h"

namespace mig::bench {

void AddTrustRows(Table& table);

}  // namespace mig::bench

#endif  // MIG_BENCH_SUITES_TRUST_SUITE_H_
