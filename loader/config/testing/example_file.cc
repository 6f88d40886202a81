#include "loader/config/testing/example_file.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/check.h"

namespace mig::loader::testing {

namespace {

bool IsKey(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) || c == '_';
  });
}

bool IsCode(absl::string_view text) {
  const size_t equals = text.find(" = ");
  if (equals != absl::string_view::npos) return IsKey(text.substr(0, equals));
  return absl::StartsWith(text, "[") && absl::EndsWith(text, "]");
}

}  // namespace

std::string ExampleFile(absl::string_view name) {
  const std::string path = absl::StrCat("loader/config/examples/", name);
  std::ifstream file(path);
  MIG_CHECK(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string UncommentDefaults(absl::string_view text) {
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    absl::string_view code = line;
    if (absl::ConsumePrefix(&code, "# ") && IsCode(code)) line = code;
    lines.emplace_back(line);
  }
  return absl::StrJoin(lines, "\n");
}

}  // namespace mig::loader::testing
