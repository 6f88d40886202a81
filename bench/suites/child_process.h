// Programs that are measured whole, from their start to their end.

#ifndef MIG_BENCH_SUITES_CHILD_PROCESS_H_
#define MIG_BENCH_SUITES_CHILD_PROCESS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace mig::bench {

// What a program that ended took.
struct ChildUse {
  double cpu_seconds = 0;  // user and system, of the program and what it waited for
};

// The most memory that a run of `argv` had resident at once. Slower than RunChild: the program is
// stopped at its end to be asked, since what wait4(2) says counts the program that started it too.
uint64_t PeakBytesOf(const std::vector<std::string>& argv);

// Runs `argv` (its program by an absolute path) with nothing in its environment but PATH, and its
// output dropped; waits for its end. Crashes, with what it ran, if the status is not 0: there is
// nothing to measure then.
ChildUse RunChild(const std::vector<std::string>& argv);

}  // namespace mig::bench

#endif  // MIG_BENCH_SUITES_CHILD_PROCESS_H_
