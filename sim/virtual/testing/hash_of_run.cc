// Runs a small scenario with all faults and says what its hash is: for a test that asks two
// processes. Arguments: a seed.

#include <cstdint>
#include <iostream>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "sim/virtual/testing/scenarios.h"
#include "sim/virtual/virtual_run.h"

int main(int argc, char** argv) {
  uint64_t seed = 0;
  if (argc != 2 || !absl::SimpleAtoi(absl::string_view(argv[1]), &seed)) return 2;
  const auto summary = mig::sim::RunVirtual(mig::sim::StormyDays(4), {.seed = seed});
  if (!summary.ok()) return 1;
  // The address shows that the two processes lay elsewhere.
  std::cout << summary->outcome_hash << " " << static_cast<const void*>(&*summary) << "\n";
  return 0;
}
