// The steps of the demo, in order. Each rests on those before it, but the last, which has a fleet
// and a coordinator of its own.

#ifndef MIG_TESTS_DEMO_STEPS_H_
#define MIG_TESTS_DEMO_STEPS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/demo/stage.h"

namespace mig::tests {

// What was seen, in one line; or the error that says what was expected, and what was seen instead.
using StepFunction = absl::StatusOr<std::string> (*)(Stage&);

struct Step {
  const char* name;
  StepFunction run;
};

const std::vector<Step>& AllSteps();

// steps_begin.cc
absl::StatusOr<std::string> KeyCeremony(Stage& stage);
absl::StatusOr<std::string> CoordinatorUp(Stage& stage);
absl::StatusOr<std::string> Enrollment(Stage& stage);
// steps_update.cc
absl::StatusOr<std::string> PublishAndSign(Stage& stage);
absl::StatusOr<std::string> FirstRun(Stage& stage);
absl::StatusOr<std::string> SecondRun(Stage& stage);
absl::StatusOr<std::string> Update(Stage& stage);
// steps_attack.cc
absl::StatusOr<std::string> ChangedBlob(Stage& stage);
absl::StatusOr<std::string> ForgedManifest(Stage& stage);
absl::StatusOr<std::string> DamagedFile(Stage& stage);
absl::StatusOr<std::string> BadRelease(Stage& stage);
// steps_kill.cc
absl::StatusOr<std::string> CoordinatorKilled(Stage& stage);
absl::StatusOr<std::string> LoaderKilled(Stage& stage);
absl::StatusOr<std::string> Adoption(Stage& stage);
// steps_fleet.cc
absl::StatusOr<std::string> FleetThroughAKill(Stage& stage);

}  // namespace mig::tests

#endif  // MIG_TESTS_DEMO_STEPS_H_
