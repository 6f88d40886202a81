// Which trials are made, and how they went.

#ifndef MIG_TESTS_KILL_CAMPAIGN_H_
#define MIG_TESTS_KILL_CAMPAIGN_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "tests/kill/kill_site.h"
#include "tests/kill/run_trial.h"
#include "tests/kill/strike.h"
#include "tests/kill/trial.h"

namespace mig::tests {

// How much of each kind of trial is made of one scenario on one file system; kAll: each there is.
struct Extent {
  static constexpr size_t kAll = ~size_t{0};

  size_t kills = 0;        // at entry and exit of calls on the host's files and about processes
  size_t other_kills = 0;  // of calls that only look, or are nothing to the host
  size_t faults = 0;       // of calls that change the host's files, or are about processes
  size_t other_faults = 0;
  size_t twice = 0;  // two strikes: in the run, and in the recovery or the next run
};

// Chooses trials of one scenario, by what its undisturbed run did. The same `random` gives the same
// trials.
std::vector<Trial> ChooseTrials(const Scenario& scenario, DiskKind disk, const Extent& extent,
                                const std::vector<Striker::Counted>& calls,
                                base::testing::SeededRandom& random);

struct Tally {
  int64_t trials = 0;
  int64_t kills = 0;
  int64_t faults = 0;
  int64_t violations = 0;

  Tally& operator+=(const Tally& other);
  std::string ToString() const;  // "kill: 9 kills, 8 faults, 0 violations"
};

// Makes them, as long as `goes_on`. `lost`: is told of each violation, with the trial.
absl::StatusOr<Tally> RunTrials(KillSite& site, const std::vector<Trial>& trials,
                                absl::FunctionRef<bool()> goes_on,
                                absl::FunctionRef<void(const Trial&, const std::string&)> lost);

}  // namespace mig::tests

#endif  // MIG_TESTS_KILL_CAMPAIGN_H_
