#include "tests/tidy/includes.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace mig::tests {

namespace {

// The end of the text between the marks that `rest` begins with.
size_t EndOfHeader(absl::string_view rest) {
  if (rest.empty() || (rest[0] != '"' && rest[0] != '<')) return absl::string_view::npos;
  return rest.find(rest[0] == '"' ? '"' : '>', 1);
}

}  // namespace

std::vector<Include> IncludesOf(const Source& source) {
  std::vector<Include> includes;
  int line = 0;
  for (size_t at = 0; at < source.code.size();) {
    ++line;
    const size_t end = std::min(source.code.find('\n', at), source.code.size());
    absl::string_view code(source.code.data() + at, end - at);
    code = absl::StripLeadingAsciiWhitespace(code);
    at = end + 1;
    if (!absl::ConsumePrefix(&code, "#")) continue;
    code = absl::StripLeadingAsciiWhitespace(code);
    if (!absl::ConsumePrefix(&code, "include")) continue;
    // The header itself is blanked in `code`: read it where it stands.
    const size_t from = static_cast<size_t>(code.data() - source.code.data());
    const absl::string_view rest = absl::StripLeadingAsciiWhitespace(
        absl::string_view(source.contents).substr(from, end - from));
    const size_t size = EndOfHeader(rest);
    if (size == absl::string_view::npos) {
      includes.push_back({"", true, line});
      continue;
    }
    includes.push_back({std::string(rest.substr(1, size - 1)), rest[0] == '"', line});
  }
  return includes;
}

}  // namespace mig::tests
