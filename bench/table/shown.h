// Numbers as people read them.

#ifndef MIG_BENCH_TABLE_SHOWN_H_
#define MIG_BENCH_TABLE_SHOWN_H_

#include <string>

#include "bench/table/unit.h"

namespace mig::bench {

// "1650 MB/s", "12000 /s", "83 ns", "1.25 ms".
std::string Shown(double number, Unit unit);

}  // namespace mig::bench

#endif  // MIG_BENCH_TABLE_SHOWN_H_
