// Where the real programs are that a test or the demo runs.

#ifndef MIG_TESTS_HARNESS_PROGRAMS_H_
#define MIG_TESTS_HARNESS_PROGRAMS_H_

#include <string>

#include "absl/status/statusor.h"

namespace mig::tests {

// The absolute path of a file that is Bazel's data, by its path in the repository
// ("coordinator/mig-coordinator"): of those of the running test, else of the program that `argv0`
// names.
//
// Errors: NotFound  it is missing; says what to build
absl::StatusOr<std::string> FindRunfile(const std::string& argv0, const std::string& file);

// Absolute paths.
struct Programs {
  std::string loader;
  std::string coordinator;
  std::string migctl;
  std::string agent;       // mig-test-agent
  std::string make_agent;  // makes releases of it

  // Each by FindRunfile, with its errors.
  static absl::StatusOr<Programs> Find(const std::string& argv0);
};

}  // namespace mig::tests

#endif  // MIG_TESTS_HARNESS_PROGRAMS_H_
