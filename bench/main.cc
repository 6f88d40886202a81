// bench: measures every row of the table, prints it, and writes it as JSON. Only wires.

#include <benchmark/benchmark.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <string>

#include "bench/suites/scan_suite.h"
#include "bench/suites/sha256_suite.h"
#include "bench/suites/trust_suite.h"
#include "bench/table/table.h"

namespace {

struct Arguments {
  bool quick = false;
  std::string only;
  std::string json_file;
};

mig::bench::Table MakeTable(const Arguments& arguments) {
  mig::bench::Table table;
  mig::bench::AddSha256Rows(
      table, arguments.quick
                 ? mig::bench::Sha256SuiteOptions{.large_file_bytes = 16 << 20, .small_files = 1000}
                 : mig::bench::Sha256SuiteOptions{});
  mig::bench::AddTrustRows(table);
  mig::bench::AddScanRows(table, arguments.quick ? mig::bench::ScanSuiteOptions{.files = 1000}
                                                 : mig::bench::ScanSuiteOptions{});
  return table;
}

int Measure(const Arguments& arguments) {
  mig::bench::RunOptions options;
  options.only = arguments.only;
  options.repetitions = arguments.quick ? 4 : 20;
  options.least_time = arguments.quick ? absl::Milliseconds(20) : absl::Milliseconds(200);
  options.on_row = [](absl::string_view row) { std::cerr << "bench: " << row << "\n"; };
  const auto results = MakeTable(arguments).Run(options);
  if (!results.ok()) {
    std::cerr << "bench: " << results.status().message() << "\n";
    return 1;
  }
  std::cout << mig::bench::ToText(*results);
  if (arguments.json_file.empty()) return 0;
  std::ofstream json(arguments.json_file, std::ios::trunc);
  json << mig::bench::ToJson(*results);
  if (json.flush().good()) return 0;
  std::cerr << "bench: " << arguments.json_file << " cannot be written\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Measures what is fast beside its limit, in one run.\n"
      "Example: bench --only sha256 --json summary.json");
  app.add_flag("--quick", arguments.quick,
               "smaller files and fewer repetitions; less to be trusted");
  app.add_option("--only", arguments.only, "only rows whose names contain this text");
  app.add_option("--json", arguments.json_file, "also write the table to this file");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return Measure(arguments);
}
