#include "bench/table/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status_macros.h"

namespace mig::bench {
namespace {

enum class Side { kOurs, kLimit };

// A B B A A B B A ...: each side is as often first as second.
std::vector<Side> Order(int repetitions) {
  std::vector<Side> order;
  for (int i = 0; i < repetitions; ++i) {
    const bool ours_first = i % 2 == 0;
    order.push_back(ours_first ? Side::kOurs : Side::kLimit);
    order.push_back(ours_first ? Side::kLimit : Side::kOurs);
  }
  return order;
}

double NumberOf(const benchmark::BenchmarkReporter::Run& run, Unit unit) {
  const char* counter = unit == Unit::kBytesPerSecond ? "bytes_per_second" : "items_per_second";
  if (unit != Unit::kSeconds) return run.counters.at(counter).value;
  return run.real_accumulated_time / static_cast<double>(run.iterations);
}

// Takes what Google Benchmark measured, in the order in which it ran, and prints nothing.
class Collector : public benchmark::BenchmarkReporter {
 public:
  explicit Collector(Unit unit) : unit_(unit) {}

  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      if (run.error_occurred) {
        if (error_.empty()) error_ = run.error_message;
        continue;
      }
      numbers_.push_back(NumberOf(run, unit_));
    }
  }

  const std::vector<double>& numbers() const { return numbers_; }
  const std::string& error() const { return error_; }

 private:
  const Unit unit_;
  std::vector<double> numbers_;
  std::string error_;
};

double Median(std::vector<double> numbers) {
  MIG_CHECK(!numbers.empty());
  std::sort(numbers.begin(), numbers.end());
  const size_t middle = numbers.size() / 2;
  return numbers.size() % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2;
}

Result Summarise(const Row& row, const std::vector<Side>& order,
                 const std::vector<double>& numbers) {
  std::vector<double> ours, limit, ratios;
  for (size_t i = 0; i < order.size(); i += 2) {
    const bool ours_first = order[i] == Side::kOurs;
    ours.push_back(numbers[ours_first ? i : i + 1]);
    limit.push_back(numbers[ours_first ? i + 1 : i]);
    ratios.push_back(ours.back() / limit.back());
  }
  return {.name = row.name,
          .unit = row.unit,
          .ours = Median(ours),
          .limit = Median(limit),
          .ratio = Median(ratios),
          .goal = row.goal};
}

absl::StatusOr<Result> Measure(const Row& row, const RunOptions& options) {
  const std::vector<Side> order = Order(options.repetitions);
  benchmark::ClearRegisteredBenchmarks();
  for (const Side side : order) {
    const Measured& measured = side == Side::kOurs ? row.ours : row.limit;
    benchmark::RegisterBenchmark(row.name.c_str(),
                                 [&measured](benchmark::State& state) { measured(state); })
        ->MinTime(absl::ToDoubleSeconds(options.least_time))
        ->UseRealTime();
  }
  Collector collector(row.unit);
  benchmark::RunSpecifiedBenchmarks(&collector, ".*");
  benchmark::ClearRegisteredBenchmarks();
  if (!collector.error().empty()) {
    return absl::InternalError(absl::StrCat("benchmark ", row.name, ": ", collector.error()));
  }
  MIG_CHECK(collector.numbers().size() == order.size()) << row.name;
  return Summarise(row, order, collector.numbers());
}

std::string Shown(double number, Unit unit) {
  switch (unit) {
    case Unit::kBytesPerSecond:
      return absl::StrFormat("%.0f MB/s", number / 1e6);
    case Unit::kItemsPerSecond:
      return absl::StrFormat("%.0f /s", number);
    case Unit::kSeconds:
      break;
  }
  if (number < 1e-6) return absl::StrFormat("%.0f ns", number * 1e9);
  if (number < 1e-3) return absl::StrFormat("%.1f us", number * 1e6);
  if (number < 1) return absl::StrFormat("%.2f ms", number * 1e3);
  return absl::StrFormat("%.2f s", number);
}

}  // namespace

absl::StatusOr<std::vector<Result>> Table::Run(const RunOptions& options) const {
  std::vector<Result> results;
  for (const Row& row : rows_) {
    if (!absl::StrContains(row.name, options.only)) continue;
    if (options.on_row) options.on_row(row.name);
    MIG_ASSIGN_OR_RETURN(Result result, Measure(row, options));
    results.push_back(std::move(result));
  }
  return results;
}

std::string ToText(const std::vector<Result>& results) {
  std::string text =
      absl::StrFormat("%-34s %12s %12s %8s  %s\n", "name", "ours", "limit", "ratio", "goal");
  for (const Result& result : results) {
    absl::StrAppendFormat(&text, "%-34s %12s %12s %8.3f  %s%s\n", result.name,
                          Shown(result.ours, result.unit), Shown(result.limit, result.unit),
                          result.ratio, result.goal ? result.goal->ToString() : "-",
                          result.goal && !result.goal->IsReachedBy(result.ratio) ? "  missed" : "");
  }
  return text;
}

std::string ToJson(const std::vector<Result>& results) {
  std::string text = "[";
  for (const Result& result : results) {
    absl::StrAppendFormat(
        &text,
        "%s\n  {\"name\": \"%s\", \"ours\": %.9g, \"limit\": %.9g, \"ratio\": %.6g, \"goal\": %s}",
        &result == &results.front() ? "" : ",", result.name, result.ours, result.limit,
        result.ratio, result.goal ? absl::StrCat("\"", result.goal->ToString(), "\"") : "null");
  }
  return text + "\n]\n";
}

}  // namespace mig::bench
