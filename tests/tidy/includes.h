// The include lines of a C++ file.

#ifndef MIG_TESTS_TIDY_INCLUDES_H_
#define MIG_TESTS_TIDY_INCLUDES_H_

#include <string>
#include <vector>

#include "tests/tidy/source.h"

namespace mig::tests {

struct Include {
  // "base/clock.h", without the marks; empty if the line does not say which (a macro).
  std::string header;
  bool quoted = false;  // "..." rather than <...>
  int line = 1;
};

// Not those in comments and literals.
std::vector<Include> IncludesOf(const Source& source);

}  // namespace mig::tests

#endif  // MIG_TESTS_TIDY_INCLUDES_H_
