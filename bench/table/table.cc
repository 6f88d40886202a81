#include "bench/table/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
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
          .goal = row.goal,
          .goal_of_ours = row.goal_of_ours};
}

// The numbers of `row`'s sides in this order.
absl::StatusOr<std::vector<double>> Measure(const Row& row, const std::vector<Side>& order,
                                            absl::Duration least_time) {
  benchmark::ClearRegisteredBenchmarks();
  for (const Side side : order) {
    const Measured& measured = side == Side::kOurs ? row.ours : row.limit;
    benchmark::RegisterBenchmark(row.name.c_str(),
                                 [&measured](benchmark::State& state) { measured(state); })
        ->MinTime(absl::ToDoubleSeconds(least_time))
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
    MIG_ASSIGN_OR_RETURN(const std::vector<double> numbers,
                         Measure(row, order, options.least_time));
    results.push_back(Summarise(row, order, numbers));
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
      MIG_ASSIGN_OR_RETURN(const std::vector<double> numbers,
                           Measure(row, {Side::kOurs}, options.least_time));
      (sample++)->numbers.push_back(numbers.front());
    }
  }
  return samples;
}

std::string Result::GoalText() const {
  std::vector<std::string> goals;
  if (goal) goals.push_back(goal->ToString());
  if (goal_of_ours) goals.push_back(absl::StrCat("ours ", goal_of_ours->ToString()));
  return absl::StrJoin(goals, ", ");
}

std::string ToText(const std::vector<Result>& results) {
  std::string text =
      absl::StrFormat("%-34s %12s %12s %8s  %s\n", "name", "ours", "limit", "ratio", "goal");
  for (const Result& result : results) {
    const std::string goal = result.GoalText();
    absl::StrAppendFormat(&text, "%-34s %12s %12s %8.3f  %s%s\n", result.name,
                          Shown(result.ours, result.unit), Shown(result.limit, result.unit),
                          result.ratio, goal.empty() ? "-" : goal,
                          result.IsMissed() ? "  missed" : "");
  }
  return text;
}

std::string ToJson(const std::vector<Result>& results) {
  std::string text = "[";
  for (const Result& result : results) {
    const std::string goal = result.GoalText();
    absl::StrAppendFormat(
        &text,
        "%s\n  {\"name\": \"%s\", \"ours\": %.9g, \"limit\": %.9g, \"ratio\": %.6g, \"goal\": %s}",
        &result == &results.front() ? "" : ",", result.name, result.ours, result.limit,
        result.ratio, goal.empty() ? "null" : absl::StrCat("\"", goal, "\""));
  }
  return text + "\n]\n";
}

}  // namespace mig::bench
