// The one place of all bounds, and the page that shows them to people.

#ifndef MIG_TESTS_TIDY_BOUNDS_H_
#define MIG_TESTS_TIDY_BOUNDS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "tests/tidy/source.h"

namespace mig::tests {

// The table that docs/protocol.md has to have, of every constant of base/sizes.h: a row for each,
// in their order, "| `kMaxWaves` | 32 | note |". Sizes, spans and counts as people read them; what
// is no such thing as it stands in the code.
std::string BoundsTable(absl::string_view sizes);

// That it is in `page`, as it must be; finds the first row that differs.
Findings CheckBounds(absl::string_view sizes, const Source& page);

}  // namespace mig::tests

#endif  // MIG_TESTS_TIDY_BOUNDS_H_
