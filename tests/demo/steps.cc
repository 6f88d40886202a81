#include "tests/demo/steps.h"

namespace mig::tests {

const std::vector<Step>& AllSteps() {
  static const auto& steps = *new std::vector<Step>{
      {"key ceremony, 2 of 3", KeyCeremony},
      {"coordinator up", CoordinatorUp},
      {"token, enrollment", Enrollment},
      {"publish and sign 1.0", PublishAndSign},
      {"first run: installed, started", FirstRun},
      {"second run: nothing to do", SecondRun},
      {"1.1, changed configuration: replaced, restarted", Update},
      {"one byte of a stored blob changed: refused", ChangedBlob},
      {"a forged manifest: refused", ForgedManifest},
      {"a damaged installed file: repaired", DamagedFile},
      {"1.2 is bad: goes back by itself, and both explain", BadRelease},
      {"coordinator killed with -9, restarted: nothing lost", CoordinatorKilled},
      {"loader killed with -9 in an install: next run finishes", LoaderKilled},
      {"an agent that is there already: adopted, no restart", Adoption},
      {"500 loaders in a rollout, coordinator killed with -9: all arrive", FleetThroughAKill},
  };
  return steps;
}

}  // namespace mig::tests
