#include "bench/table/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "bench/table/shown.h"

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

struct Number {
  double value = 0;
  double cpu_seconds = 0;  // of the whole process, for one item; 0 where items are not counted
};

Number NumberOf(const benchmark::BenchmarkReporter::Run& run, Unit unit) {
  switch (unit) {
    case Unit::kBytesPerSecond:
      return {.value = run.counters.at("bytes_per_second").value};
    case Unit::kItemsPerSecond: {
      const double rate = run.counters.at("items_per_second").value;
      return {.value = rate,
              .cpu_seconds = run.cpu_accumulated_time / (rate * run.real_accumulated_time)};
    }
    case Unit::kBytes:
      return {.value = run.counters.at("bytes").value};
    case Unit::kSeconds:
      break;
  }
  const auto counted = run.counters.find("seconds");
  if (counted != run.counters.end()) return {.value = counted->second.value};
  return {.value = run.real_accumulated_time / static_cast<double>(run.iterations)};
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

  const std::vector<Number>& numbers() const { return numbers_; }
  const std::string& error() const { return error_; }

 private:
  const Unit unit_;
  std::vector<Number> numbers_;
  std::string error_;
};

double Median(std::vector<double> numbers) {
  MIG_CHECK(!numbers.empty());
  std::sort(numbers.begin(), numbers.end());
  const size_t middle = numbers.size() / 2;
  return numbers.size() % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2;
}

// The medians of `of(number)` for each side, and of the ratio of neighbours.
template <typename Of>
Result Medians(std::string name, Unit unit, const std::vector<Side>& order,
               const std::vector<Number>& numbers, Of of) {
  std::vector<double> ours, limit, ratios;
  for (size_t i = 0; i < order.size(); i += 2) {
    const bool ours_first = order[i] == Side::kOurs;
    ours.push_back(of(numbers[ours_first ? i : i + 1]));
    limit.push_back(of(numbers[ours_first ? i + 1 : i]));
    ratios.push_back(ours.back() / limit.back());
  }
  return {.name = std::move(name),
          .unit = unit,
          .ours = Median(ours),
          .limit = Median(limit),
          .ratio = Median(ratios)};
}

// Appends what `numbers` say of `row`: one result, or up to three.
void Summarise(const Row& row, const std::vector<Side>& order, const std::vector<Number>& numbers,
               std::vector<Result>& results) {
  Result result = Medians(row.name, row.unit, order, numbers,
                          [](const Number& number) { return number.value; });
  result.goal = row.goal;
  const double ours = result.ours;
  results.push_back(std::move(result));
  if (row.absolute_goal) {
    const Goal& goal = row.absolute_goal->goal;
    results.push_back({.name = row.absolute_goal->name,
                       .unit = row.unit,
                       .ours = ours,
                       .limit = goal.number,
                       .ratio = ours / goal.number,
                       .goal = Goal{goal.side, 1}});
  }
  if (row.unit == Unit::kItemsPerSecond) {
    results.push_back(Medians(absl::StrCat(row.name, "_cpu"), Unit::kSeconds, order, numbers,
                              [](const Number& number) { return number.cpu_seconds; }));
  }
}

// The numbers of `row`'s sides in this order.
absl::StatusOr<std::vector<Number>> Measure(const Row& row, const std::vector<Side>& order,
                                            absl::Duration least_time) {
  benchmark::ClearRegisteredBenchmarks();
  for (const Side side : order) {
    const Measured& measured = side == Side::kOurs ? row.ours : row.limit;
    benchmark::RegisterBenchmark(row.name.c_str(),
                                 [&measured](benchmark::State& state) { measured(state); })
        ->MinTime(absl::ToDoubleSeconds(least_time))
        ->MeasureProcessCPUTime()
        ->UseRealTime();
  }
  Collector collector(row.unit);
  benchmark::RunSpecifiedBenchmarks(&collector, ".*");
  benchmark::ClearRegisteredBenchmarks();
  if (!collector.error().empty()) {
    return absl::InternalError(absl::StrCat("benchmark ", row.name, ": ", collector.error()));
  }
  MIG_CHECK(collector.numbers().size() == order.size()) << row.name;
  return collector.numbers();
}

bool IsWanted(const Row& row, const RunOptions& options) {
  return absl::StrContains(row.name, options.only);
}

}  // namespace

absl::StatusOr<std::vector<Result>> Table::Run(const RunOptions& options) const {
  const std::vector<Side> order = Order(options.repetitions);
  std::vector<Result> results;
  for (const Row& row : rows_) {
    if (!IsWanted(row, options)) continue;
    if (options.on_row) options.on_row(row.name);
    MIG_ASSIGN_OR_RETURN(const std::vector<Number> numbers,
                         Measure(row, order, options.least_time));
    Summarise(row, order, numbers, results);
  }
  return results;
}

absl::StatusOr<std::vector<RowSamples>> Table::Sample(const RunOptions& options) const {
  std::vector<RowSamples> samples;
  for (const Row& row : rows_) {
    if (!IsWanted(row, options)) continue;
    samples.push_back(
        {.name = row.name, .unit = row.unit, .slowdown_limit = row.slowdown_limit, .numbers = {}});
  }
  for (int i = 0; i < options.repetitions; ++i) {
    auto sample = samples.begin();
    for (const Row& row : rows_) {
      if (!IsWanted(row, options)) continue;
      if (options.on_row) options.on_row(row.name);
      MIG_ASSIGN_OR_RETURN(const std::vector<Number> numbers,
                           Measure(row, {Side::kOurs}, options.least_time));
      (sample++)->numbers.push_back(numbers.front().value);
    }
  }
  return samples;
}

std::string ToText(const std::vector<Result>& results) {
  std::string text =
      absl::StrFormat("%-34s %12s %12s %8s  %s\n", "name", "ours", "limit", "ratio", "goal");
  for (const Result& result : results) {
    absl::StrAppendFormat(&text, "%-34s %12s %12s %8.3f  %s%s\n", result.name,
                          Shown(result.ours, result.unit), Shown(result.limit, result.unit),
                          result.ratio, result.goal ? result.goal->ToString() : "-",
                          result.IsMissed() ? "  missed" : "");
  }
  return text;
}

std::string ToJson(const std::vector<Result>& results) {
  std::string text = "[";
  for (const Result& result : results) {
    absl::StrAppendFormat(
        &text,
        "%s\n  {\"name\": \"%s\", \"ours\": %.9g, \"limit\": %.9g, \"ratio\": %.6g, "
        "\"goal\": %s}",
        &result == &results.front() ? "" : ",", result.name, result.ours, result.limit,
        result.ratio, result.goal ? absl::StrCat("\"", result.goal->ToString(), "\"") : "null");
  }
  return text + "\n]\n";
}

}  // namespace mig::bench
