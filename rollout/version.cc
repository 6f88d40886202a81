#include "rollout/version.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"

namespace mig::rollout {
namespace {

using std::strong_ordering;

// Takes the run of digits, or of others, from the front of `rest`.
absl::string_view TakeRun(absl::string_view& rest) {
  const bool digits = absl::ascii_isdigit(static_cast<unsigned char>(rest[0]));
  size_t end = 1;
  while (end < rest.size() &&
         absl::ascii_isdigit(static_cast<unsigned char>(rest[end])) == digits) {
    ++end;
  }
  const absl::string_view run = rest.substr(0, end);
  rest.remove_prefix(end);
  return run;
}

bool IsDigits(absl::string_view run) {
  return absl::ascii_isdigit(static_cast<unsigned char>(run[0]));
}

strong_ordering CompareDigits(absl::string_view a, absl::string_view b) {
  a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
  b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

// The place of the byte at `i` in the order of other runs: `-`, `~`, the end, all others.
int Rank(absl::string_view run, size_t i) {
  if (i == run.size()) return 2;
  if (run[i] == '-') return 0;
  if (run[i] == '~') return 1;
  return 3 + static_cast<unsigned char>(run[i]);
}

strong_ordering CompareOthers(absl::string_view a, absl::string_view b) {
  for (size_t i = 0; i < a.size() || i < b.size(); ++i) {
    const int rank_a = Rank(a, i);
    const int rank_b = Rank(b, i);
    if (rank_a != rank_b) return rank_a <=> rank_b;
  }
  return strong_ordering::equal;
}

// How a text that has ended compares with one that goes on with `rest`.
strong_ordering EndAgainst(absl::string_view rest) {
  return rest[0] == '-' || rest[0] == '~' ? strong_ordering::greater : strong_ordering::less;
}

strong_ordering CompareRuns(absl::string_view a, absl::string_view b) {
  if (IsDigits(a) != IsDigits(b)) {
    return IsDigits(a) ? strong_ordering::greater : strong_ordering::less;
  }
  return IsDigits(a) ? CompareDigits(a, b) : CompareOthers(a, b);
}

}  // namespace

strong_ordering CompareVersions(absl::string_view a, absl::string_view b) {
  absl::string_view rest_a = a;
  absl::string_view rest_b = b;
  while (!rest_a.empty() && !rest_b.empty()) {
    const strong_ordering order = CompareRuns(TakeRun(rest_a), TakeRun(rest_b));
    if (order != strong_ordering::equal) return order;
  }
  if (!rest_b.empty()) return EndAgainst(rest_b);
  if (!rest_a.empty()) return 0 <=> EndAgainst(rest_a);
  return a.compare(b) <=> 0;
}

}  // namespace mig::rollout
