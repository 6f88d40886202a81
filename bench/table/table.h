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

// What our own number should reach, whatever the limit does: a row of results by itself, with
// `number` as its limit and 1 as the goal of the ratio.
struct AbsoluteGoal {
  std::string name;  // of that row
  Goal goal;         // its number in the unit of the measured row
};

struct Row {
  std::string name;  // a-z0-9_
  Unit unit = Unit::kSeconds;
  std::optional<Goal> goal;  // of the ratio
  std::optional<AbsoluteGoal> absolute_goal;
  // The smallest slowdown that a comparison with another revision calls a regression: 0.1 is a
  // tenth more time. More than what the program's layout in memory makes of the same code.
  double slowdown_limit = 0.1;
  Measured ours;
  Measured limit;
};

// Medians over a row's repetitions; `ratio` is the median of the ratios of neighbours in time, not
// the ratio of the medians. A measured row gives one result of its own name, and where items are
// counted another, NAME_cpu: the processor time of one item, all threads and both ends of a
// connection together, in which the machine's noise is less than in the rate. It has no goal.
struct Result {
  std::string name;
  Unit unit = Unit::kSeconds;
  double ours = 0;
  double limit = 0;
  double ratio = 0;
  std::optional<Goal> goal;  // of the ratio

  bool IsMissed() const { return goal && !goal->IsReachedBy(ratio); }
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

// `name, ours, limit, ratio, goal` in columns; a missed goal is marked in words.
std::string ToText(const std::vector<Result>& results);

// A list of objects with exactly these five keys; `goal` is text (">= 0.97") or null.
std::string ToJson(const std::vector<Result>& results);

}  // namespace mig::bench

#endif  // MIG_BENCH_TABLE_TABLE_H_
