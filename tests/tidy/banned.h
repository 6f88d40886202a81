// What no code says, or only where it must.

#ifndef MIG_TESTS_TIDY_BANNED_H_
#define MIG_TESTS_TIDY_BANNED_H_

#include "tests/tidy/source.h"

namespace mig::tests {

// Calls and types of the table in banned.cc. Comments and literals may name them.
Findings CheckBannedWords(const Source& source);

// No way in for tests alone: ForTest methods, friends, conditional compilation.
Findings CheckTestBackDoors(const Source& source);

// No note that something is not done.
Findings CheckUnfinished(const Source& source);

}  // namespace mig::tests

#endif  // MIG_TESTS_TIDY_BANNED_H_
