#include "tests/tidy/scripts.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace mig::tests {

namespace {

// From the call's name to the parenthesis that closes it.
absl::string_view CallAt(absl::string_view text, size_t at) {
  int depth = 0;
  for (size_t end = text.find('(', at); end < text.size(); ++end) {
    if (text[end] == '(') ++depth;
    if (text[end] == ')' && --depth == 0) return text.substr(at, end + 1 - at);
  }
  return text.substr(at);
}

}  // namespace

Findings CheckLinkStatic(const Source& source) {
  Findings findings;
  if (!IsBuildFile(source)) return findings;
  for (size_t at = FindWord(source.contents, "cc_library(", 0); at != absl::string_view::npos;
       at = FindWord(source.contents, "cc_library(", at + 1)) {
    if (absl::StrContains(CallAt(source.contents, at), "linkstatic = True")) continue;
    findings.push_back({source.path, LineAt(source.contents, at), "a cc_library without linkstatic",
                        "add `linkstatic = True,`"});
  }
  return findings;
}

Findings CheckScripts(const Source& source) {
  Findings findings;
  if (!IsShellScript(source)) return findings;
  const bool bash = absl::StartsWith(source.contents, "#!/usr/bin/env bash\n");
  // A wrapper of one command has nothing to stop at, and Bazel starts it without our environment.
  const bool wrapper = absl::StartsWith(source.contents, "#!/bin/sh\nexec ");
  if (wrapper) return findings;
  if (!bash) {
    findings.push_back({source.path, 1, "another shell", "begin with `#!/usr/bin/env bash`"});
  }
  if (!absl::StrContains(source.contents, "\nset -euo pipefail\n")) {
    findings.push_back({source.path, 1, "does not stop at the first error",
                        "add `set -euo pipefail` after the first comment"});
  }
  if (absl::StartsWith(source.path, "tools/") && !absl::StrContains(source.contents, "--help")) {
    findings.push_back({source.path, 1, "has no --help", "say what it does, with an example"});
  }
  return findings;
}

}  // namespace mig::tests
