#include "tests/agent/key_values.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace mig::tests {

absl::StatusOr<KeyValues> ParseKeyValues(absl::string_view text, absl::string_view source) {
  KeyValues values;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.front() == '#') continue;
    const size_t equals = line.find('=');
    if (equals == absl::string_view::npos || equals == 0) {
      return absl::InvalidArgumentError(absl::StrCat(source, ":", number, ": not `key = value`"));
    }
    const std::string key(absl::StripAsciiWhitespace(line.substr(0, equals)));
    const std::string value(absl::StripAsciiWhitespace(line.substr(equals + 1)));
    if (!values.emplace(key, value).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(source, ":", number, ": '", key, "' comes twice; keep one"));
    }
  }
  return values;
}

std::string TakeText(KeyValues& values, absl::string_view key, absl::string_view otherwise) {
  const auto found = values.find(std::string(key));
  if (found == values.end()) return std::string(otherwise);
  std::string value = found->second;
  values.erase(found);
  return value;
}

absl::StatusOr<uint32_t> TakeNumber(KeyValues& values, absl::string_view key, uint32_t most,
                                    absl::string_view source) {
  const std::string text = TakeText(values, key, "0");
  uint32_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number > most) {
    return absl::InvalidArgumentError(
        absl::StrCat(source, ": ", key, " = ", text, " is not a number from 0 to ", most));
  }
  return number;
}

absl::StatusOr<bool> TakeYesOrNo(KeyValues& values, absl::string_view key,
                                 absl::string_view source) {
  const std::string text = TakeText(values, key, "no");
  if (text != "yes" && text != "no") {
    return absl::InvalidArgumentError(
        absl::StrCat(source, ": ", key, " = ", text, " is neither yes nor no"));
  }
  return text == "yes";
}

absl::Status CheckAllTaken(const KeyValues& values, absl::string_view source) {
  if (values.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(source, ": no one knows the key '", values.begin()->first, "'; remove it"));
}

}  // namespace mig::tests
