// What a ratio should reach, as DESIGN.md 9 states it. Never a gate: a missed goal is printed.

#ifndef MIG_BENCH_TABLE_GOAL_H_
#define MIG_BENCH_TABLE_GOAL_H_

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"

namespace mig::bench {

struct Goal {
  enum class Side { kAtLeast, kAtMost };

  Side side = Side::kAtLeast;
  double number = 1;

  bool IsReachedBy(double ratio) const {
    return side == Side::kAtLeast ? ratio >= number : ratio <= number;
  }
  // ">= 0.97" or "<= 1.15".
  std::string ToString() const {
    return absl::StrCat(side == Side::kAtLeast ? ">= " : "<= ", number);
  }

  friend bool operator==(const Goal&, const Goal&) = default;
};

inline Goal AtLeast(double number) { return {Goal::Side::kAtLeast, number}; }
inline Goal AtMost(double number) { return {Goal::Side::kAtMost, number}; }

}  // namespace mig::bench

#endif  // MIG_BENCH_TABLE_GOAL_H_
