#include "loader/host/os_release.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/sizes.h"

namespace mig::loader {

namespace {

constexpr size_t kMaxValueBytes = base::kMaxFactBytes;

// What the assignment's right side means, without expanding anything; nullopt if a shell would do
// more than take off quotes.
std::optional<std::string> Unquoted(absl::string_view value) {
  if (value.empty() || (value[0] != '"' && value[0] != '\'')) return std::string(value);
  const char quote = value[0];
  if (value.size() < 2 || value.back() != quote) return std::nullopt;
  value = value.substr(1, value.size() - 2);

  std::string text;
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] == quote) return std::nullopt;
    if (quote == '"' && value[i] == '\\' && ++i == value.size()) return std::nullopt;
    text.push_back(value[i]);
  }
  return text;
}

bool MayStandInAnId(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '.' || c == '_' || c == '-';
}

std::string IdFrom(absl::string_view value) {
  std::optional<std::string> text = Unquoted(value);
  if (!text.has_value() || text->size() > kMaxValueBytes ||
      !std::all_of(text->begin(), text->end(), MayStandInAnId)) {
    return "";
  }
  return *std::move(text);
}

}  // namespace

OsRelease ParseOsRelease(absl::string_view text) {
  OsRelease release;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (absl::ConsumePrefix(&line, "ID=")) {
      release.id = IdFrom(line);
    } else if (absl::ConsumePrefix(&line, "VERSION_ID=")) {
      release.version_id = IdFrom(line);
    }
  }
  return release;
}

}  // namespace mig::loader
