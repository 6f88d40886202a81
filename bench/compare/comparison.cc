#include "bench/compare/comparison.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace mig::bench {
namespace {

const RowSamples* FindRow(const RunSamples& run, const std::string& name) {
  const auto found = std::ranges::find(run.rows, name, &RowSamples::name);
  return found == run.rows.end() ? nullptr : &*found;
}

bool IsInAll(absl::Span<const RunSamples> runs, const std::string& name) {
  return std::ranges::all_of(runs, [&](const RunSamples& run) { return FindRow(run, name); });
}

// Those of `from`'s first run that are not in all of `from` and all of `others`.
std::vector<std::string> Alone(absl::Span<const RunSamples> from,
                               absl::Span<const RunSamples> others) {
  std::vector<std::string> names;
  for (const RowSamples& row : from.front().rows) {
    if (!IsInAll(from, row.name) || !IsInAll(others, row.name)) names.push_back(row.name);
  }
  return names;
}

double Median(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  const size_t middle = numbers.size() / 2;
  return numbers.size() % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2;
}

struct Side {
  std::vector<double> numbers;  // of each run its median
  double limit = 0;
};

absl::StatusOr<Side> SideOf(absl::Span<const RunSamples> runs, const RowSamples& row) {
  Side side;
  for (const RunSamples& run : runs) {
    const RowSamples& of_run = *FindRow(run, row.name);
    if (of_run.unit != row.unit) {
      return absl::FailedPreconditionError(absl::StrCat(
          "row '", row.name, "' is in ", NameOf(row.unit), " and in ", NameOf(of_run.unit),
          ": it measures another thing now; give it another name"));
    }
    side.numbers.push_back(Median(of_run.numbers));
    side.limit = std::max(side.limit, of_run.slowdown_limit);
  }
  return side;
}

// Of the time that one piece of work takes, as logarithms of here / base: slower is above zero.
std::vector<double> Differences(const Side& base, const Side& here, Unit unit) {
  std::vector<double> differences;
  for (size_t i = 0; i < base.numbers.size(); ++i) {
    const double more = std::log(here.numbers[i] / base.numbers[i]);
    differences.push_back(LessIsBetter(unit) ? more : -more);
  }
  return differences;
}

Shift AsShare(const Shift& logarithms) {
  return {.estimate = std::expm1(logarithms.estimate),
          .low = std::expm1(logarithms.low),
          .high = std::expm1(logarithms.high)};
}

absl::StatusOr<ComparedRow> CompareRow(const RowSamples& row, absl::Span<const RunSamples> base,
                                       absl::Span<const RunSamples> here) {
  MIG_ASSIGN_OR_RETURN(const Side before, SideOf(base, row));
  MIG_ASSIGN_OR_RETURN(const Side after, SideOf(here, row));
  const std::vector<double> differences = Differences(before, after, row.unit);
  return ComparedRow{.name = row.name,
                     .unit = row.unit,
                     .base = Median(before.numbers),
                     .here = Median(after.numbers),
                     .slowdown = AsShare(ShiftOf(differences, kConfidence)),
                     .p = ChanceOfAsLarge(differences),
                     .limit = std::max(before.limit, after.limit)};
}

// Holm: the smallest p times the number of rows, the next one times one less, never decreasing.
void AdjustForAllRows(std::vector<ComparedRow>& rows) {
  std::vector<size_t> order(rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return rows[a].p < rows[b].p; });
  double least = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    ComparedRow& row = rows[order[i]];
    least = std::max(least, row.p * static_cast<double>(rows.size() - i));
    row.p = std::min(least, 1.0);
  }
}

ComparedRow::Verdict VerdictOf(const ComparedRow& row) {
  if (row.slowdown.high < 0) return ComparedRow::Verdict::kFaster;
  if (row.p >= kFamilyAlpha) return ComparedRow::Verdict::kSame;
  return row.slowdown.estimate > row.limit ? ComparedRow::Verdict::kRegression
                                           : ComparedRow::Verdict::kSlower;
}

absl::Status CheckRuns(absl::Span<const RunSamples> base, absl::Span<const RunSamples> here) {
  if (base.size() != here.size() || base.size() > kMaxPairs) {
    return absl::InvalidArgumentError(absl::StrCat("there are ", base.size(),
                                                   " runs of the base and ", here.size(),
                                                   " of here: give pairs, at most ", kMaxPairs));
  }
  if (base.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("too few samples: there are no runs; at least ", LeastPairs(1),
                     " of each side are needed"));
  }
  for (size_t i = 0; i < base.size(); ++i) {
    if (base[i].size != base.front().size || here[i].size != base.front().size) {
      return absl::FailedPreconditionError(
          "some runs are quick and some are whole: their rows did different work");
    }
  }
  return absl::OkStatus();
}

}  // namespace

bool Comparison::HasRegression() const {
  return std::ranges::any_of(rows, [](const ComparedRow& row) {
    return row.verdict == ComparedRow::Verdict::kRegression;
  });
}

size_t LeastPairs(size_t rows) {
  size_t pairs = 0;
  double chance = 1;  // that all differences lie above zero by chance
  while (chance * static_cast<double>(std::max<size_t>(rows, 1)) >= kFamilyAlpha) {
    chance /= 2;
    ++pairs;
  }
  return pairs;
}

absl::StatusOr<Comparison> Compare(absl::Span<const RunSamples> base,
                                   absl::Span<const RunSamples> here, Programs programs) {
  MIG_RETURN_IF_ERROR(CheckRuns(base, here));
  Comparison comparison = {.pairs = base.size(),
                           .programs = programs,
                           .only_base = Alone(base, here),
                           .only_here = Alone(here, base)};
  for (const RowSamples& row : base.front().rows) {
    if (!IsInAll(base, row.name) || !IsInAll(here, row.name)) continue;
    MIG_ASSIGN_OR_RETURN(ComparedRow compared, CompareRow(row, base, here));
    comparison.rows.push_back(std::move(compared));
  }
  if (comparison.rows.empty()) {
    return absl::FailedPreconditionError("the two revisions have no row in common");
  }
  if (const size_t least = LeastPairs(comparison.rows.size()); comparison.pairs < least) {
    return absl::FailedPreconditionError(absl::StrCat(
        "too few samples: ", comparison.pairs, " pairs of runs, and with ", comparison.rows.size(),
        " rows nothing can be proven with fewer than ", least));
  }
  AdjustForAllRows(comparison.rows);
  if (programs == Programs::kSameBytes) return comparison;
  for (ComparedRow& row : comparison.rows) row.verdict = VerdictOf(row);
  return comparison;
}

}  // namespace mig::bench
