// bench: measures every row of the table, prints it, and writes it as JSON. Only wires.

#include <benchmark/benchmark.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/deadlock_search.h"
#include "bench/samples/samples.h"
#include "bench/suites/replace_suite.h"
#include "bench/suites/rollout/rollout_suite.h"
#include "bench/suites/scan_suite.h"
#include "bench/suites/service/service_suite.h"
#include "bench/suites/sha256_suite.h"
#include "bench/suites/store/store_suite.h"
#include "bench/suites/trust_suite.h"
#include "bench/table/table.h"
#include "loader/transport/grpc_log.h"
#include "loader/transport/tls13.h"

namespace {

using mig::loader::Tls13Required;

struct Arguments {
  bool quick = false;
  std::string only;
  std::string json_file;
  std::string samples_file;
};

mig::bench::Table MakeTable(const Arguments& arguments, const Tls13Required& tls13) {
  mig::bench::Table table;
  mig::bench::AddSha256Rows(
      table, arguments.quick
                 ? mig::bench::Sha256SuiteOptions{.large_file_bytes = 16 << 20, .small_files = 1000}
                 : mig::bench::Sha256SuiteOptions{});
  mig::bench::AddTrustRows(table);
  mig::bench::AddScanRows(table, arguments.quick ? mig::bench::ScanSuiteOptions{.files = 1000}
                                                 : mig::bench::ScanSuiteOptions{});
  mig::bench::AddReplaceRows(table, arguments.quick
                                        ? mig::bench::ReplaceSuiteOptions{.large_bytes = 2 << 20}
                                        : mig::bench::ReplaceSuiteOptions{});
  mig::bench::AddRolloutRows(table);
  mig::bench::AddStoreRows(table);
  mig::bench::AddServiceRows(
      table, tls13,
      arguments.quick ? mig::bench::ServiceSuiteOptions{.connections = 16, .content_bytes = 4 << 20}
                      : mig::bench::ServiceSuiteOptions{});
  return table;
}

mig::bench::RunOptions Options(const Arguments& arguments) {
  mig::bench::RunOptions options;
  options.only = arguments.only;
  options.on_row = [](absl::string_view row) { std::cerr << "bench: " << row << "\n"; };
  return options;
}

int Failed(absl::string_view what) {
  std::cerr << "bench: " << what << "\n";
  return 1;
}

bool Write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  return file.flush().good();
}

// Both sides of every row, as the table that people read.
int Measure(const Arguments& arguments, const Tls13Required& tls13) {
  mig::bench::RunOptions options = Options(arguments);
  options.repetitions = arguments.quick ? 4 : 16;
  options.least_time = arguments.quick ? absl::Milliseconds(20) : absl::Milliseconds(200);
  const auto results = MakeTable(arguments, tls13).Run(options);
  if (!results.ok()) return Failed(results.status().message());
  std::cout << mig::bench::ToText(*results);
  if (arguments.json_file.empty() || Write(arguments.json_file, mig::bench::ToJson(*results))) {
    return 0;
  }
  return Failed(absl::StrCat(arguments.json_file, " cannot be written"));
}

// Our side of every row, as the comparer reads it. Short: it is run many times.
int Sample(const Arguments& arguments, const Tls13Required& tls13) {
  mig::bench::RunOptions options = Options(arguments);
  options.on_row = nullptr;
  options.repetitions = 3;
  options.least_time = arguments.quick ? absl::Milliseconds(10) : absl::Milliseconds(50);
  auto rows = MakeTable(arguments, tls13).Sample(options);
  if (!rows.ok()) return Failed(rows.status().message());
  const mig::bench::RunSamples run = {
      .size = arguments.quick ? mig::bench::Size::kQuick : mig::bench::Size::kWhole,
      .rows = *std::move(rows)};
  if (Write(arguments.samples_file, mig::bench::ToJson(run))) return 0;
  return Failed(absl::StrCat(arguments.samples_file, " cannot be written"));
}

}  // namespace

int main(int argc, char** argv) {
  mig::base::SwitchOffDeadlockSearch();  // as the programs do, for both sides of a row
  Arguments arguments;
  CLI::App app(
      "Measures what is fast beside its limit, in one run.\n"
      "Example: bench --only sha256 --json summary.json");
  app.add_flag("--quick", arguments.quick,
               "smaller files and fewer repetitions; less to be trusted");
  app.add_option("--only", arguments.only, "only rows whose names contain this text");
  app.add_option("--json", arguments.json_file, "also write the table to this file");
  app.add_option("--samples", arguments.samples_file,
                 "instead of the table: measure our side only, a few times, and write each number\n"
                 "to this file, for bench/compare");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  mig::loader::QuietGrpc();
  const Tls13Required tls13 = Tls13Required::InThisProcess();
  return arguments.samples_file.empty() ? Measure(arguments, tls13) : Sample(arguments, tls13);
}
