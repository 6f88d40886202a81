// What a scenario demands of its summary: `p99_check_in < 50ms`, `hosts_on_newest == 500`.

#ifndef MIG_SIM_REPORT_ASSERTION_H_
#define MIG_SIM_REPORT_ASSERTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "sim/report/figures.h"
#include "sim/report/summary.h"

namespace mig::sim {

// `NAME OP NUMBER[UNIT]`: the name of a figure, one of `< <= == >= >`, and a number with the unit
// of that figure: none for a count, `ms` or `s` for a time, `%` for a share, none for MiB. A value.
struct Assertion {
  enum class Op { kLess, kAtMost, kEqual, kAtLeast, kMore };

  std::string text;  // as it was written
  std::string name;
  Figure::Kind kind = Figure::Kind::kCount;
  Figure::Where where = Figure::Where::kBoth;
  Op op = Op::kEqual;
  uint64_t count = 0;   // kCount
  absl::Duration time;  // kTime
  double number = 0;    // kShare: per cent; kMemory: MiB
};

// Errors: InvalidArgument  what is wrong, and what to write instead
absl::StatusOr<Assertion> ParseAssertion(absl::string_view text);

// How an assertion ended.
struct Verdict {
  enum class Result { kHeld, kFailed };

  Assertion assertion;
  Result result = Result::kFailed;
  std::string seen;             // "23.4 ms", "0.02 % (144 of 722,160)", "no samples"
  std::optional<double> value;  // in ms, %, MiB, or a count; none without samples
};

// A figure without samples fails whatever is demanded of it.
Verdict Judge(const Assertion& assertion, const Summary& summary);

// The same for each of a scenario's (which were parsed before).
std::vector<Verdict> JudgeAll(const std::vector<std::string>& assertions, const Summary& summary);

}  // namespace mig::sim

#endif  // MIG_SIM_REPORT_ASSERTION_H_
