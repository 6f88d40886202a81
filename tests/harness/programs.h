// Where the real programs are that a test or the demo runs.

#ifndef MIG_TESTS_HARNESS_PROGRAMS_H_
#define MIG_TESTS_HARNESS_PROGRAMS_H_

#include <string>

#include "absl/status/statusor.h"

namespace mig::tests {

// Absolute paths.
struct Programs {
  std::string loader;
  std::string coordinator;
  std::string migctl;
  std::string agent;       // mig-test-agent
  std::string make_agent;  // makes releases of it

  // Of Bazel's runfiles: those of the running test, else of the program that `argv0` names.
  //
  // Errors: NotFound  one is missing; says what to build
  static absl::StatusOr<Programs> Find(const std::string& argv0);
};

}  // namespace mig::tests

#endif  // MIG_TESTS_HARNESS_PROGRAMS_H_
