// How files are named, how long they are, and what they never say.

#ifndef MIG_TESTS_TIDY_LAYOUT_H_
#define MIG_TESTS_TIDY_LAYOUT_H_

#include "tests/tidy/source.h"

namespace mig::tests {

// At most 500 lines, tests too: beyond that there is a second idea to name.
Findings CheckLength(const Source& source);

// `base/clock.h` is guarded by MIG_BASE_CLOCK_H_.
Findings CheckGuard(const Source& source);

// C++ is called .h and .cc; no folder is for what has no name: util, common, misc.
Findings CheckNames(const Source& source);

// Nothing depends on, or tells of, the machine on which it was written.
Findings CheckMachinePaths(const Source& source);

}  // namespace mig::tests

#endif  // MIG_TESTS_TIDY_LAYOUT_H_
