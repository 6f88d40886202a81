// compare: the verdict on two revisions from the samples that their bench programs wrote.

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "bench/compare/comparison.h"
#include "bench/compare/report.h"
#include "bench/samples/samples.h"

namespace {

using mig::bench::RunSamples;

constexpr int kNoRegression = 0;
constexpr int kRegression = 1;
constexpr int kUsage = 2;
constexpr int kNotComparable = 3;

struct Arguments {
  std::vector<std::string> base;
  std::vector<std::string> here;
  bool same_program = false;
  bool json = false;
};

absl::StatusOr<std::vector<RunSamples>> ReadAll(const std::vector<std::string>& paths) {
  std::vector<RunSamples> runs;
  for (const std::string& path : paths) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be read"));
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    MIG_ASSIGN_OR_RETURN(RunSamples run, mig::bench::ParseSamples(path, bytes));
    runs.push_back(std::move(run));
  }
  return runs;
}

absl::StatusOr<mig::bench::Comparison> Judge(const Arguments& arguments) {
  MIG_ASSIGN_OR_RETURN(const std::vector<RunSamples> base, ReadAll(arguments.base));
  MIG_ASSIGN_OR_RETURN(const std::vector<RunSamples> here, ReadAll(arguments.here));
  return mig::bench::Compare(
      base, here,
      arguments.same_program ? mig::bench::Programs::kSameBytes : mig::bench::Programs::kDiffer);
}

int Run(const Arguments& arguments) {
  const absl::StatusOr<mig::bench::Comparison> comparison = Judge(arguments);
  if (!comparison.ok()) {
    std::cerr << "compare: " << comparison.status().message() << "\n";
    return absl::IsFailedPrecondition(comparison.status()) ? kNotComparable : kUsage;
  }
  std::cout << (arguments.json ? ToJson(*comparison) : ToText(*comparison)) << std::flush;
  return comparison->HasRegression() ? kRegression : kNoRegression;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Says whether one revision is slower than another, from what `bench --samples FILE` wrote "
      "of\n"
      "both in turn: the first file of --base and the first of --here are a pair, and so on.\n"
      "Ends with 0: no regression; 1: a regression; 2: wrong arguments or files; 3: not "
      "comparable\n"
      "or too few samples.\n"
      "Example: compare --base base1.json base2.json ... --here here1.json here2.json ...");
  app.add_option("--base", arguments.base, "samples of the revision to compare with")->required();
  app.add_option("--here", arguments.here, "samples of the revision in question")->required();
  app.add_flag("--same-program", arguments.same_program,
               "both programs are the same bytes: then nothing is a regression");
  app.add_flag("--json", arguments.json, "print one JSON object instead of the table");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kNoRegression : kUsage;
  }
  return Run(arguments);
}
