// Rules for what is neither C++ nor prose: build files and shell scripts.

#ifndef MIG_TESTS_TIDY_SCRIPTS_H_
#define MIG_TESTS_TIDY_SCRIPTS_H_

#include "tests/tidy/source.h"

namespace mig::tests {

// Each cc_library says linkstatic = True; else `//...` links a shared object for each.
Findings CheckLinkStatic(const Source& source);

// Scripts stop at the first error, and those that people type have --help.
Findings CheckScripts(const Source& source);

}  // namespace mig::tests

#endif  // MIG_TESTS_TIDY_SCRIPTS_H_
