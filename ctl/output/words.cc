#include "ctl/output/words.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mig::ctl {
namespace {

struct Unit {
  absl::string_view name;
  absl::Duration length;
};

constexpr std::array<Unit, 5> kUnits = {{{"d", absl::Hours(24)},
                                         {"h", absl::Hours(1)},
                                         {"min", absl::Minutes(1)},
                                         {"s", absl::Seconds(1)},
                                         {"ms", absl::Milliseconds(1)}}};

}  // namespace

std::string SizeWords(uint64_t bytes) {
  if (bytes < 1000) return absl::StrCat(bytes, " B");
  double value = static_cast<double>(bytes);
  for (const absl::string_view unit : {"kB", "MB", "GB"}) {
    value /= 1000;
    if (value < 999.95 || unit == "GB") return absl::StrFormat("%.1f %s", value, unit);
  }
  return absl::StrCat(bytes, " B");
}

std::string CountWords(uint64_t count) {
  std::string digits = absl::StrCat(count);
  for (size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, 1, ',');
  return digits;
}

std::string ShareWords(uint32_t ppm) {
  std::string text = absl::StrFormat("%d.%04d", ppm / 10'000, ppm % 10'000);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return absl::StrCat(text, " %");
}

std::string SpanWords(absl::Duration span) {
  for (const Unit& unit : kUnits) {
    if (span >= 2 * unit.length) {
      return absl::StrCat(absl::IDivDuration(span, unit.length, &span), " ", unit.name);
    }
  }
  return span <= absl::ZeroDuration() ? "0 s" : ExactSpanWords(span);
}

std::string ExactSpanWords(absl::Duration span) {
  if (span == absl::ZeroDuration()) return "0 s";
  for (const Unit& unit : kUnits) {
    if (span % unit.length == absl::ZeroDuration()) {
      return absl::StrCat(span / unit.length, " ", unit.name);
    }
  }
  return absl::FormatDuration(span);
}

std::string TimeWords(absl::Time time) {
  if (time == absl::UnixEpoch()) return "never";
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone());
}

std::string SinceWords(absl::Time time, absl::Time now) {
  if (time == absl::UnixEpoch()) return "never";
  // Nobody reads fractions of a second here.
  const absl::Duration ago = absl::Trunc(now - time, absl::Seconds(1));
  const absl::Duration span = absl::AbsDuration(ago);
  if (span == absl::ZeroDuration()) return "now";
  const std::string words = span < absl::Seconds(2) ? ExactSpanWords(span) : SpanWords(span);
  return ago > absl::ZeroDuration() ? absl::StrCat(words, " ago") : absl::StrCat("in ", words);
}

std::string ShortDigest(const base::Digest& digest) { return digest.ToHex().substr(0, 8); }

std::string SpokenDigest(const base::Digest& digest) {
  std::string spoken;
  const std::string hex = digest.ToHex();
  for (size_t i = 0; i < hex.size(); i += 4) {
    absl::StrAppend(&spoken, i == 0 ? "" : " ", hex.substr(i, 4));
  }
  return spoken;
}

}  // namespace mig::ctl
