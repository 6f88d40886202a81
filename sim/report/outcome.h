// What a simulation came to: its summary, the verdicts on it, and the exit status that says so.

#ifndef MIG_SIM_REPORT_OUTCOME_H_
#define MIG_SIM_REPORT_OUTCOME_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/report/assertion.h"
#include "sim/report/summary.h"
#include "sim/scenario/scenario.h"

namespace mig::sim {

// As docs/simulation.md has them.
enum ExitStatus {
  kExitHeld = 0,
  kExitInternal = 1,
  kExitUsage = 2,
  kExitAssertion = 99,
  kExitRefused = 104,
  kExitEndedEarly = 105,
  kExitPromiseBroken = 110,
  kExitRateNotKept = 111,
};

struct Outcome {
  std::string file;  // the scenario's, as it was named
  Summary summary;
  std::vector<Verdict> verdicts;
  ExitStatus exit = kExitHeld;
};

// Where several things are so, the first of these decides: a promise is broken; it ended early; the
// rate was not kept; an assertion failed. What comes later means little where what comes earlier is
// so.
Outcome OutcomeOf(const Scenario& scenario, Summary summary);

// --live: intended runs were never begun, or more than one in twenty began over 100 ms late. Then
// the figures are of the driver and its machine too, not of the coordinator alone.
bool IsRateNotKept(const Summary& summary);

// "an assertion failed".
absl::string_view ExitWords(ExitStatus exit);

}  // namespace mig::sim

#endif  // MIG_SIM_REPORT_OUTCOME_H_
