#include "sim/report/words.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace mig::sim {

namespace {

// Three digits.
std::string Three(double value) {
  if (value < 9.995) return absl::StrFormat("%.2f", value);
  if (value < 99.95) return absl::StrFormat("%.1f", value);
  return absl::StrFormat("%.0f", value);
}

}  // namespace

std::string CountWords(uint64_t count) {
  std::string digits = absl::StrCat(count);
  for (size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, 1, ',');
  return digits;
}

std::string LatencyWords(absl::Duration time) {
  const double ms = absl::ToDoubleMilliseconds(time);
  if (ms < 999.5) return absl::StrCat(Three(std::max(ms, 0.0)), " ms");
  const double seconds = ms / 1000;
  if (seconds < 999.5) return absl::StrCat(Three(seconds), " s");
  return SpanWords(time);
}

std::string SpanWords(absl::Duration span) {
  constexpr int64_t kMinute = 60;
  constexpr int64_t kHour = 60 * kMinute;
  constexpr int64_t kDay = 24 * kHour;
  const int64_t s = std::max<int64_t>(absl::ToInt64Seconds(span), 0);
  if (s < kHour) return absl::StrFormat("%02dm%02ds", s / kMinute, s % kMinute);
  if (s < 2 * kDay) return absl::StrFormat("%02dh%02dm", s / kHour, s % kHour / kMinute);
  return absl::StrFormat("%dd%02dh", s / kDay, s % kDay / kHour);
}

std::string PercentWords(double per_cent) {
  if (per_cent <= 0) return "0 %";
  if (per_cent < 0.0001) return "< 0.0001 %";
  std::string text = absl::StrFormat("%.4f", per_cent);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return absl::StrCat(text, " %");
}

}  // namespace mig::sim
