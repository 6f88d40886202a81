#include "base/text.h"

#include <cstdint>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mig::base {

namespace {

struct CodePoint {
  uint32_t value;
  size_t bytes;
};

// The well-formed code point at the start of `text`, which is not empty (RFC 3629, table in 4).
std::optional<CodePoint> Decode(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return CodePoint{first, 1};

  size_t count;
  uint32_t value;
  uint32_t least;  // a smaller value was spelt too long
  if ((first & 0xE0) == 0xC0) {
    count = 2, value = first & 0x1F, least = 0x80;
  } else if ((first & 0xF0) == 0xE0) {
    count = 3, value = first & 0x0F, least = 0x800;
  } else if ((first & 0xF8) == 0xF0) {
    count = 4, value = first & 0x07, least = 0x10000;
  } else {
    return std::nullopt;
  }
  if (text.size() < count) return std::nullopt;
  for (size_t i = 1; i < count; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    value = (value << 6) | (byte(i) & 0x3F);
  }
  const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < least || value > 0x10FFFF || is_surrogate) return std::nullopt;
  return CodePoint{value, count};
}

bool IsControl(uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029;
}

// Property Bidi_Control of Unicode: characters that make text read in another order than it is.
bool IsBidirectional(uint32_t c) {
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

absl::Status CheckText(absl::string_view text) {
  for (size_t offset = 0; offset < text.size();) {
    const std::optional<CodePoint> c = Decode(text.substr(offset));
    if (!c.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("text is not valid UTF-8: byte 0x%02x at offset %d",
                          static_cast<uint8_t>(text[offset]), offset));
    }
    if (IsControl(c->value) || IsBidirectional(c->value)) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "text has the %s character U+%04X at offset %d",
          IsBidirectional(c->value) ? "bidirectional" : "control", c->value, offset));
    }
    offset += c->bytes;
  }
  return absl::OkStatus();
}

std::string Escaped(absl::string_view text, size_t max_bytes) {
  std::string shown;
  for (size_t offset = 0; offset < text.size();) {
    if (shown.size() >= max_bytes) return shown + "...";
    const std::optional<CodePoint> c = Decode(text.substr(offset));
    const size_t count = c.has_value() ? c->bytes : 1;
    if (!c.has_value() || IsControl(c->value) || IsBidirectional(c->value)) {
      for (const char byte : text.substr(offset, count)) {
        absl::StrAppendFormat(&shown, "\\x%02x", static_cast<uint8_t>(byte));
      }
    } else {
      if (c->value == '"' || c->value == '\\') shown += '\\';
      absl::StrAppend(&shown, text.substr(offset, count));
    }
    offset += count;
  }
  return shown;
}

}  // namespace mig::base
