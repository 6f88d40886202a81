#include "ctl/documents/spans.h"

#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "base/sizes.h"
#include "base/text.h"

namespace mig::ctl {
namespace {

constexpr absl::Duration kLongest = absl::Hours(24 * 366 * 10);

// Takes the digits at the front of `text`; at most nine.
absl::StatusOr<int> TakeNumber(absl::string_view& text) {
  size_t digits = 0;
  while (digits < text.size() && absl::ascii_isdigit(text[digits])) ++digits;
  int number = 0;
  if (digits == 0 || digits > 9 || !absl::SimpleAtoi(text.substr(0, digits), &number)) {
    return absl::InvalidArgumentError("no number");
  }
  text.remove_prefix(digits);
  return number;
}

absl::Duration TakeUnit(absl::string_view& text) {
  struct Unit {
    absl::string_view name;
    absl::Duration length;
  };
  // A longer name before the one it begins with.
  constexpr std::array<Unit, 7> kUnits = {{{"ms", absl::Milliseconds(1)},
                                           {"min", absl::Minutes(1)},
                                           {"m", absl::Minutes(1)},
                                           {"s", absl::Seconds(1)},
                                           {"h", absl::Hours(1)},
                                           {"d", absl::Hours(24)},
                                           {"w", absl::Hours(24 * 7)}}};
  for (const Unit& unit : kUnits) {
    if (absl::ConsumePrefix(&text, unit.name)) return unit.length;
  }
  return absl::ZeroDuration();
}

absl::Status NoSpan(absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", base::Escaped(text),
                   "' is no span of time; write 90s, 5min, 6h, 14d (at "
                   "most 10 years)"));
}

}  // namespace

absl::StatusOr<absl::Duration> ParseSpan(absl::string_view text) {
  absl::string_view rest = absl::StripAsciiWhitespace(text);
  if (rest == "0") return absl::ZeroDuration();
  if (rest.empty()) return NoSpan(text);
  absl::Duration span;
  while (!rest.empty()) {
    const absl::StatusOr<int> number = TakeNumber(rest);
    rest = absl::StripLeadingAsciiWhitespace(rest);
    const absl::Duration unit = TakeUnit(rest);
    if (!number.ok() || unit == absl::ZeroDuration()) return NoSpan(text);
    span += *number * unit;
    rest = absl::StripLeadingAsciiWhitespace(rest);
  }
  if (span > kLongest) return NoSpan(text);
  return span;
}

absl::Time Moment::From(absl::Time origin) const {
  if (!is_relative) return at;
  if (months == 0) return origin + after;
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::CivilSecond civil = absl::ToCivilSecond(origin, utc);
  const absl::CivilMonth month = absl::CivilMonth(civil) + months;
  // The 31st of a month that has none becomes the first of the next, as civil times go.
  return absl::FromCivil(absl::CivilSecond(month.year(), month.month(), civil.day(), civil.hour(),
                                           civil.minute(), civil.second()),
                         utc) +
         after;
}

absl::StatusOr<Moment> ParseMoment(absl::string_view text) {
  const absl::string_view trimmed = absl::StripAsciiWhitespace(text);
  Moment moment;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, trimmed, &moment.at, &error)) return moment;
  moment.is_relative = true;
  absl::string_view span = trimmed;
  absl::ConsumePrefix(&span, "+");
  absl::string_view rest = span;
  const absl::StatusOr<int> months = TakeNumber(rest);
  if (months.ok() && rest == "mo" && *months <= 120) {
    moment.months = *months;
    return moment;
  }
  const absl::StatusOr<absl::Duration> after = ParseSpan(span);
  if (!after.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", base::Escaped(text),
                     "' is no time; write +6h, 14d, 12mo, or 2026-12-01T09:00:00+01:00"));
  }
  moment.after = *after;
  return moment;
}

absl::StatusOr<uint32_t> ParseShare(absl::string_view text) {
  const auto wrong = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("'", base::Escaped(text),
                     "' is no share; write 2%, 0.05% or 100% (four decimals at most)"));
  };
  absl::string_view rest = absl::StripAsciiWhitespace(text);
  if (!absl::ConsumeSuffix(&rest, "%")) return wrong();
  rest = absl::StripTrailingAsciiWhitespace(rest);
  const absl::StatusOr<int> whole = TakeNumber(rest);
  if (!whole.ok() || *whole > 100) return wrong();
  uint32_t ppm = static_cast<uint32_t>(*whole) * 10'000;
  if (absl::ConsumePrefix(&rest, ".")) {
    if (rest.empty() || rest.size() > 4) return wrong();
    uint32_t scale = 1'000;
    for (; !rest.empty(); rest.remove_prefix(1), scale /= 10) {
      if (!absl::ascii_isdigit(rest.front())) return wrong();
      ppm += static_cast<uint32_t>(rest.front() - '0') * scale;
    }
  }
  if (!rest.empty() || ppm > base::kWholePpm) return wrong();
  return ppm;
}

}  // namespace mig::ctl
