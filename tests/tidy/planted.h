// For the tests of the rules: a planted violation, and what must be said about it.

#ifndef MIG_TESTS_TIDY_PLANTED_H_
#define MIG_TESTS_TIDY_PLANTED_H_

#include <gmock/gmock.h>

#include <string>

#include "absl/strings/string_view.h"
#include "tests/tidy/source.h"

namespace mig::tests {

// EXPECT_THAT(CheckGuard(MakeSource(path, text)), Finds(3, "MIG_BASE_CLOCK_H_"));
// One finding, in this line, whose words contain `text`.
MATCHER_P2(Finds, line, text, "is one finding in line " + std::to_string(line)) {
  if (arg.size() != 1) return false;
  const Finding& finding = arg.front();
  return finding.line == line && !finding.way_out.empty() &&
         (finding.what + "; " + finding.way_out).find(text) != std::string::npos;
}

MATCHER(FindsNothing, negation ? "finds something" : "finds nothing") { return arg.empty(); }

}  // namespace mig::tests

#endif  // MIG_TESTS_TIDY_PLANTED_H_
