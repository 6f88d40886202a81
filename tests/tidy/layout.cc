#include "tests/tidy/layout.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace mig::tests {

namespace {

constexpr int kMaxLines = 500;
constexpr absl::string_view kNamelessFolders = "util utils common misc helper helpers shared stuff";

std::string GuardOf(absl::string_view path) {
  std::string guard = "MIG_";
  for (const char c : path) guard += absl::ascii_isalnum(c) ? absl::ascii_toupper(c) : '_';
  return guard + "_";
}

}  // namespace

Findings CheckLength(const Source& source) {
  if (!IsCpp(source) && !IsShellScript(source) &&
      !MatchesOneOf(source.path, "*.proto *.py *.sh *.bzl")) {
    return {};
  }
  const auto lines = static_cast<int>(std::ranges::count(source.contents, '\n'));
  if (lines <= kMaxLines) return {};
  return {{source.path, kMaxLines + 1, absl::StrCat(lines, " lines, at most ", kMaxLines),
           "there is a second idea in it: give that a name and a file"}};
}

Findings CheckGuard(const Source& source) {
  if (!IsHeader(source)) return {};
  const std::string guard = GuardOf(source.path);
  const std::string opening = absl::StrCat("#ifndef ", guard, "\n#define ", guard, "\n");
  if (absl::StrContains(source.contents, opening)) return {};
  const size_t at = source.contents.find("#ifndef ");
  const int line = at == std::string::npos ? 1 : LineAt(source.contents, at);
  return {{source.path, line, "the include guard is missing or has another name",
           absl::StrCat("call it ", guard)}};
}

Findings CheckNames(const Source& source) {
  if (IsCpp(source) && !MatchesOneOf(source.path, "*.h *.cc")) {
    return {{source.path, 1, "C++ with another ending", "call it .h or .cc"}};
  }
  const std::vector<absl::string_view> nameless = absl::StrSplit(kNamelessFolders, ' ');
  const std::vector<absl::string_view> parts = absl::StrSplit(source.path, '/');
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    if (std::ranges::find(nameless, parts[i]) == nameless.end()) continue;
    return {{source.path, 1, absl::StrCat("a folder is called ", parts[i], "/"),
             "put each thing in the room whose word it is"}};
  }
  return {};
}

Findings CheckMachinePaths(const Source& source) {
  Findings findings;
  // Folders of whoever built this first; split, so that this file does not name them.
  for (const std::string& path : {absl::StrCat("/", "work/"), absl::StrCat("/", "tmp/mig/")}) {
    for (size_t at = source.contents.find(path); at != std::string::npos;
         at = source.contents.find(path, at + 1)) {
      const char before = at == 0 ? ' ' : source.contents[at - 1];
      // `bazel-bin/work/` or `../work/` is another path.
      if (absl::ascii_isalnum(before) || absl::StrContains("._-/})*", before)) continue;
      findings.push_back({source.path, LineAt(source.contents, at),
                          absl::StrCat("names ", path, " of one machine"),
                          "write a path that everybody has"});
    }
  }
  return findings;
}

}  // namespace mig::tests
