#include "trust/x509/der.h"

#include "absl/strings/str_cat.h"

namespace mig::trust::x509 {

namespace {

std::string WithTag(uint8_t tag, absl::string_view contents) {
  std::string length;
  for (size_t rest = contents.size(); rest > 0; rest >>= 8) {
    length.insert(length.begin(), static_cast<char>(rest & 0xff));
  }
  std::string encoding(1, static_cast<char>(tag));
  if (contents.size() < 0x80) {
    encoding.push_back(static_cast<char>(contents.size()));
  } else {
    encoding.push_back(static_cast<char>(0x80 | length.size()));
    encoding += length;
  }
  absl::StrAppend(&encoding, contents);
  return encoding;
}

}  // namespace

std::string Der(DerTag tag, absl::string_view contents) {
  return WithTag(static_cast<uint8_t>(tag), contents);
}

std::string DerContext(uint8_t n, absl::string_view contents) {
  return WithTag(static_cast<uint8_t>(DerTag::kContext0) + n, contents);
}

std::string DerContextConstructed(uint8_t n, absl::string_view contents) {
  return WithTag(static_cast<uint8_t>(DerTag::kContext0Constructed) + n, contents);
}

std::string DerInteger(absl::string_view big_endian) {
  while (big_endian.size() > 1 && big_endian[0] == '\0') big_endian.remove_prefix(1);
  std::string contents(big_endian);
  const bool looks_negative = contents.empty() || (static_cast<uint8_t>(contents[0]) & 0x80) != 0;
  if (looks_negative) contents.insert(contents.begin(), '\0');
  return Der(DerTag::kInteger, contents);
}

std::string DerBitString(absl::string_view octets) {
  return Der(DerTag::kBitString, absl::StrCat(absl::string_view("\0", 1), octets));
}

std::string DerTime(absl::Time time) {
  constexpr int kFirstGeneralizedYear = 2050;
  const absl::TimeZone utc = absl::UTCTimeZone();
  if (absl::ToCivilSecond(time, utc).year() < kFirstGeneralizedYear) {
    return Der(DerTag::kUtcTime, absl::FormatTime("%y%m%d%H%M%SZ", time, utc));
  }
  return Der(DerTag::kGeneralizedTime, absl::FormatTime("%Y%m%d%H%M%SZ", time, utc));
}

}  // namespace mig::trust::x509
