// Makes one trial, and says whether the promises held.

#ifndef MIG_TESTS_KILL_RUN_TRIAL_H_
#define MIG_TESTS_KILL_RUN_TRIAL_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/kill/kill_site.h"
#include "tests/kill/strike.h"
#include "tests/kill/trial.h"

namespace mig::tests {

struct Verdict {
  // A strike that came too late, since the run made fewer calls than expected, does not count.
  int kills = 0;
  int faults = 0;
  std::optional<std::string> violation;  // what, and at which call
  // What the run that was traced last did.
  std::vector<Striker::Counted> calls;
};

// An error: the trial could not be made, which says nothing of the loader. NotFound: its file
// system is not on this machine.
absl::StatusOr<Verdict> RunTrial(KillSite& site, const Trial& trial);

// Runs the scenario undisturbed, and asks at the exit of every call that changed something what
// must hold at every instant. The verdict has its calls.
absl::StatusOr<Verdict> WatchScenario(KillSite& site, const Scenario& scenario, DiskKind disk);

// Makes and saves the states in which the scenarios recover-* begin, on that file system.
absl::Status PrepareRecoveries(KillSite& site, DiskKind disk);

}  // namespace mig::tests

#endif  // MIG_TESTS_KILL_RUN_TRIAL_H_
