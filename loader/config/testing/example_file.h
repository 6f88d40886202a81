// The commented examples, as tests read them.

#ifndef MIG_LOADER_CONFIG_TESTING_EXAMPLE_FILE_H_
#define MIG_LOADER_CONFIG_TESTING_EXAMPLE_FILE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace mig::loader::testing {

// What loader/config/examples/NAME has; aborts if it is not among the test's data.
std::string ExampleFile(absl::string_view name);

// The text with each line "# key = ..." and "# [table]" taken out of its comment: every key that
// the example only shows is then set.
std::string UncommentDefaults(absl::string_view text);

}  // namespace mig::loader::testing

#endif  // MIG_LOADER_CONFIG_TESTING_EXAMPLE_FILE_H_
