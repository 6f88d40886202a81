// The table of ratios: each row is one thing of ours beside its limit, measured in the same run in
// the order A B B A, since the machine's speed drifts by more than what is looked for.

#ifndef MIG_BENCH_TABLE_TABLE_H_
#define MIG_BENCH_TABLE_TABLE_H_

#include <benchmark/benchmark.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "bench/samples/samples.h"
#include "bench/table/goal.h"
#include "bench/table/unit.h"

namespace mig::bench {

using Measured = std::function<void(benchmark::State&)>;

struct Row {
  std::string name;  // a-z0-9_
  Unit unit = Unit::kSeconds;
  std::optional<Goal> goal;          // of the ratio
  std::optional<Goal> goal_of_ours;  // of our own number, in the row's unit
  // The smallest slowdown that a comparison with another revision calls a regression: 0.1 is a
  // tenth more time. More than what the program's layout in memory makes of the same code.
  double slowdown_limit = 0.1;
  Measured ours;
  Measured limit;
};

// What was measured of one row: medians over its repetitions; `ratio` is the median of the ratios
// of neighbours in time, not the ratio of the medians.
struct Result {
  std::string name;
  Unit unit = Unit::kSeconds;
  double ours = 0;
  double limit = 0;
  double ratio = 0;
  // Of one item, all threads and both ends of a connection together, where items are counted; the
  // machine's noise is in it less than in the rate. Else 0.
  double ours_cpu_seconds = 0;
  double limit_cpu_seconds = 0;
  std::optional<Goal> goal;
  std::optional<Goal> goal_of_ours;

  bool IsMissed() const {
    return (goal && !goal->IsReachedBy(ratio)) ||
           (goal_of_ours && !goal_of_ours->IsReachedBy(ours));
  }
  // ">= 0.95", ">= 0.95, ours >= 250"; empty: none.
  std::string GoalText() const;
};

struct RunOptions {
  int repetitions = 10;  // of each side; even, so that A B B A comes out whole
  absl::Duration least_time = absl::Milliseconds(200);  // of each repetition
  std::string only;                                   // a substring of the rows' names; empty: all
  std::function<void(absl::string_view row)> on_row;  // called before each row; may be empty
};

// One thread at a time.
class Table {
 public:
  void Add(Row row) { rows_.push_back(std::move(row)); }

  // Measures every row with Google Benchmark. A side that skips with an error fails the whole:
  // Internal, with the row's name and the error.
  absl::StatusOr<std::vector<Result>> Run(const RunOptions& options) const;

  // Measures our side of every row alone: once each, then all of them again, `repetitions` times,
  // so that one bad moment spoils at most one number of a row. The same errors.
  absl::StatusOr<std::vector<RowSamples>> Sample(const RunOptions& options) const;

 private:
  std::vector<Row> rows_;
};

// `name, ours, limit, ratio, CPU of each, goal` in columns; a missed goal is marked in words.
std::string ToText(const std::vector<Result>& results);

// A list of objects with exactly the keys name, ours, limit, ratio, ours_cpu_seconds,
// limit_cpu_seconds (0 where items are not counted), goal (text or null).
std::string ToJson(const std::vector<Result>& results);

}  // namespace mig::bench

#endif  // MIG_BENCH_TABLE_TABLE_H_
