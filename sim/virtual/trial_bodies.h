// What is tried on copies of machines (trials.h), one function each.

#ifndef MIG_SIM_VIRTUAL_TRIAL_BODIES_H_
#define MIG_SIM_VIRTUAL_TRIAL_BODIES_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/random.h"
#include "loader/run/run_result.h"
#include "sim/virtual/copy.h"

namespace mig::sim::trials {

// What went wrong, as in "a copy of host-3 ..."; empty: nothing. `random` is for what has many
// ways.
using Wrong = std::string;
using Body = Wrong (*)(Copy& copy, base::Random& random);

// --- trials_of_trust.cc: a coordinator that lies, or is not what it seems
Wrong WaitsForItsWave(Copy& copy, base::Random& random);
Wrong FollowsAnHonestPlan(Copy& copy, base::Random& random);
Wrong WantsEnoughReleaseKeys(Copy& copy, base::Random& random);
Wrong KnowsItsPlace(Copy& copy, base::Random& random);
Wrong WantsTheRightBytes(Copy& copy, base::Random& random);
Wrong AsksAgainBeforeItCommits(Copy& copy, base::Random& random);
Wrong PutsRightWhatIsDamaged(Copy& copy, base::Random& random);
Wrong WantsTheRolloutKeys(Copy& copy, base::Random& random);
Wrong ObeysTheFilter(Copy& copy, base::Random& random);
Wrong TakesOnlyItsOwnAssignment(Copy& copy, base::Random& random);
Wrong TakesNothingOlder(Copy& copy, base::Random& random);
Wrong TakesOnlyAnAnswerToItsQuestion(Copy& copy, base::Random& random);
Wrong KnowsWhenAPlanEnds(Copy& copy, base::Random& random);
Wrong RefusesWhatIsWithdrawn(Copy& copy, base::Random& random);
Wrong TakesOnlyTheOwnVariant(Copy& copy, base::Random& random);

// --- trials_of_faults.cc: agents, other processes, links and power that do not do their part
Wrong SurvivesPowerCuts(Copy& copy, base::Random& random);
Wrong GoesBackThroughPowerCuts(Copy& copy, base::Random& random);
Wrong GoesBackFromACrash(Copy& copy, base::Random& random);
Wrong GoesBackFromALie(Copy& copy, base::Random& random);
Wrong ReportsUntilItIsTaken(Copy& copy, base::Random& random);
Wrong LetsAnotherOneWork(Copy& copy, base::Random& random);
Wrong GoesBackFromALateCrash(Copy& copy, base::Random& random);
Wrong BoundsActivations(Copy& copy, base::Random& random);

// --- What several use

// A sequence above all that a scenario has.
inline constexpr uint64_t kNext = 1'000;

uint64_t Below(base::Random& random, uint64_t bound);
inline int64_t Ms(absl::Time time) { return absl::ToUnixMillis(time); }

// A run must change nothing; `what` is what it would have followed.
Wrong MustRefuse(Copy& copy, absl::string_view what);
// A run must end with the offer installed.
Wrong MustInstall(Copy& copy, const Copy::Offer& offer, absl::string_view what);
// For messages.
std::string Shown(const loader::RunResult& result);

}  // namespace mig::sim::trials

#endif  // MIG_SIM_VIRTUAL_TRIAL_BODIES_H_
