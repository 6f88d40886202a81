#include "tests/quickstart/document.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace mig::tests {

std::string ScriptOf(absl::string_view markdown) {
  std::string script = "set -euo pipefail\n";
  bool inside = false;
  for (const absl::string_view line : absl::StrSplit(markdown, '\n')) {
    if (!inside && line == "```sh") {
      inside = true;
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      absl::StrAppend(&script, line, "\n");
    }
  }
  return script;
}

}  // namespace mig::tests
