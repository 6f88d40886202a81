// Who may include whom (docs/architecture.md). Bazel's visibility says it too, but lets a header
// through that comes with another library.

#ifndef MIG_TESTS_TIDY_ARROWS_H_
#define MIG_TESTS_TIDY_ARROWS_H_

#include "tests/tidy/source.h"

namespace mig::tests {

// Includes go to the left only, by paths from the repository's root.
Findings CheckArrows(const Source& source);

// What ships includes no stand-in of the world (memory disk, manual clock, seeded numbers).
Findings CheckStandIns(const Source& source);

}  // namespace mig::tests

#endif  // MIG_TESTS_TIDY_ARROWS_H_
