// All files of the repository, listed by nobody.

#ifndef MIG_TESTS_TIDY_TREE_H_
#define MIG_TESTS_TIDY_TREE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/tidy/source.h"

namespace mig::tests {

// The root of the repository that `link` leads into: the nearest folder above its target that has a
// WORKSPACE file. Bazel links a test's data to the real files.
//
// Errors: NotFound  there is none
absl::StatusOr<std::string> FindRoot(const std::string& link);

// Sorted by path. Without .git, what tools/setup and Bazel put into the root, links, and files of
// more than 1 MiB.
std::vector<Source> ReadTree(const std::string& root);

}  // namespace mig::tests

#endif  // MIG_TESTS_TIDY_TREE_H_
