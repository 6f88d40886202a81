// tools/mutants: each mutant of the loader against the crash suite, as a table.

#include <algorithm>
#include <cstdint>
#include <iomanip>
#include <iostream>
#include <string>
#include <thread>

#include "CLI/CLI.hpp"
#include "base/testing/seed.h"
#include "tests/crash/gate.h"
#include "tests/crash/mutation.h"

namespace mig::tests {
namespace {

constexpr char kMore[] = R"(
Examples:
  tools/mutants                             all of them
  tools/mutants --only unlink-then-rename   one, and what catches it
  tools/mutants --seed 7                    the same states and faults again

Exit status: 0 none survived, 1 one did, 2 wrong arguments.
)";

absl::string_view WordOf(Verdict::Kind kind) {
  switch (kind) {
    case Verdict::Kind::kCaught:
      return "caught";
    case Verdict::Kind::kRedundant:
      return "redundant";
    case Verdict::Kind::kSurvived:
      break;
  }
  return "SURVIVED";
}

int Main(int argc, char** argv) {
  uint64_t seed = base::testing::Seed::FromEnvironmentOrRandom().value();
  int threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  std::string only;
  CLI::App app{
      "Ways to write the loader wrongly, one at a time: the crash suite must be red for "
      "each of them (docs/crash.md)."};
  app.name("mutants");
  app.add_option("--only", only, "the mutant of this name");
  app.add_option("--seed", seed, "what is sampled, again; else another one each time");
  app.add_option("--threads", threads, "as many as there are cores, by default")
      ->check(CLI::Range(1, 256));
  app.footer(kMore);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  int counts[3] = {0, 0, 0};
  for (const Mutant& mutant : Mutants()) {
    if (!only.empty() && mutant.name != only) continue;
    const Verdict verdict = Try(mutant, base::testing::Seed(seed), threads);
    ++counts[static_cast<int>(verdict.kind)];
    std::cout << std::left << std::setw(31) << mutant.name << std::setw(10)
              << std::string(WordOf(verdict.kind)) << " " << mutant.what << "\n"
              << std::string(verdict.by.empty() ? "" : "    " + verdict.by + "\n") << std::flush;
  }
  if (counts[0] + counts[1] + counts[2] == 0) {
    std::cerr << "mutants: there is no mutant '" << only << "'; tools/mutants lists all\n";
    return 2;
  }
  std::cout << "seed " << seed << "\n"
            << "mutants: " << counts[0] << " caught, " << counts[1] << " redundant, " << counts[2]
            << " survived" << std::endl;
  return counts[2] == 0 ? 0 : 1;
}

}  // namespace
}  // namespace mig::tests

int main(int argc, char** argv) { return mig::tests::Main(argc, argv); }
