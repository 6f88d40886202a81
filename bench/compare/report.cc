#include "bench/compare/report.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "bench/table/shown.h"

namespace mig::bench {
namespace {

// "+20.3 %", "-1.0 %".
std::string Percent(double share) { return absl::StrFormat("%+.1f %%", 100 * share); }

std::string ShownP(double p) { return p < 0.0001 ? "<0.0001" : absl::StrFormat("%.4f", p); }

absl::string_view Words(ComparedRow::Verdict verdict) {
  switch (verdict) {
    case ComparedRow::Verdict::kFaster:
      return "faster";
    case ComparedRow::Verdict::kSlower:
      return "slower, within its limit";
    case ComparedRow::Verdict::kRegression:
      return "REGRESSION";
    case ComparedRow::Verdict::kSame:
      break;
  }
  return "";
}

absl::string_view Key(ComparedRow::Verdict verdict) {
  switch (verdict) {
    case ComparedRow::Verdict::kFaster:
      return "faster";
    case ComparedRow::Verdict::kSlower:
      return "slower";
    case ComparedRow::Verdict::kRegression:
      return "regression";
    case ComparedRow::Verdict::kSame:
      break;
  }
  return "same";
}

std::string LineOf(const ComparedRow& row) {
  std::string line = absl::StrFormat(
      "%-34s %12s %12s %9s  %-20s %8s %7s  %s", row.name, Shown(row.base, row.unit),
      Shown(row.here, row.unit), Percent(row.slowdown.estimate),
      absl::StrCat("[", Percent(row.slowdown.low), ", ", Percent(row.slowdown.high), "]"),
      ShownP(row.p), Percent(row.limit), Words(row.verdict));
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string LastLine(const Comparison& comparison) {
  std::vector<std::string> slower;
  for (const ComparedRow& row : comparison.rows) {
    if (row.verdict == ComparedRow::Verdict::kRegression) slower.push_back(row.name);
  }
  const std::string over = absl::StrCat(comparison.pairs, " pairs, ", comparison.rows.size(),
                                        " rows, p < ", kFamilyAlpha, " over all rows together");
  if (comparison.programs == Programs::kSameBytes) {
    return absl::StrCat("no regression: the two programs are the same bytes, and what differs is ",
                        "the machine (", comparison.pairs, " pairs)");
  }
  return slower.empty()
             ? absl::StrCat("no regression (", over, ")")
             : absl::StrCat("REGRESSION: ", absl::StrJoin(slower, ", "), " (", over, ")");
}

std::string Quoted(const std::vector<std::string>& names) {
  return absl::StrCat("[",
                      absl::StrJoin(names, ", ",
                                    [](std::string* out, const std::string& name) {
                                      absl::StrAppend(out, "\"", name, "\"");
                                    }),
                      "]");
}

}  // namespace

std::string ToText(const Comparison& comparison) {
  std::string text = absl::StrFormat("%-34s %12s %12s %9s  %-20s %8s %7s\n", "name", "base", "here",
                                     "slower by", "95 % interval", "p", "limit");
  for (const ComparedRow& row : comparison.rows) absl::StrAppend(&text, LineOf(row), "\n");
  if (!comparison.only_base.empty()) {
    absl::StrAppend(&text, "only in the base: ", absl::StrJoin(comparison.only_base, ", "), "\n");
  }
  if (!comparison.only_here.empty()) {
    absl::StrAppend(&text, "only here: ", absl::StrJoin(comparison.only_here, ", "), "\n");
  }
  return absl::StrCat(text, LastLine(comparison), "\n");
}

std::string ToJson(const Comparison& comparison) {
  std::string text = absl::StrFormat(
      "{\"verdict\": \"%s\", \"same_program\": %s, \"pairs\": %d, \"alpha\": %g, \"confidence\": "
      "%g, \"rows\": [",
      comparison.HasRegression() ? "regression" : "none",
      comparison.programs == Programs::kSameBytes ? "true" : "false", comparison.pairs,
      kFamilyAlpha, kConfidence);
  for (const ComparedRow& row : comparison.rows) {
    absl::StrAppendFormat(
        &text,
        "%s\n  {\"name\": \"%s\", \"unit\": \"%s\", \"base\": %.9g, \"here\": %.9g, "
        "\"slower_by\": %.6g, \"low\": %.6g, \"high\": %.6g, \"p\": %.6g, \"limit\": %g, "
        "\"verdict\": \"%s\"}",
        &row == &comparison.rows.front() ? "" : ",", row.name, NameOf(row.unit), row.base, row.here,
        row.slowdown.estimate, row.slowdown.low, row.slowdown.high, row.p, row.limit,
        Key(row.verdict));
  }
  return absl::StrCat(text, "\n], \"only_base\": ", Quoted(comparison.only_base),
                      ", \"only_here\": ", Quoted(comparison.only_here), "}\n");
}

}  // namespace mig::bench
