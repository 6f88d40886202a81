#include "sim/report/outcome.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace mig::sim {

namespace {

// One late run in so many is of no weight: the percentiles are from intended starts anyhow.
constexpr uint64_t kOneLateIn = 20;

ExitStatus ExitOf(const Outcome& outcome) {
  if (outcome.summary.violation) return kExitPromiseBroken;
  if (outcome.summary.ending != Ending::kWhole) return kExitEndedEarly;
  if (IsRateNotKept(outcome.summary)) return kExitRateNotKept;
  const bool failed = std::ranges::any_of(outcome.verdicts, [](const Verdict& verdict) {
    return verdict.result == Verdict::Result::kFailed;
  });
  return failed ? kExitAssertion : kExitHeld;
}

}  // namespace

bool IsRateNotKept(const Summary& summary) {
  if (summary.mode == Mode::kVirtual) return false;
  return summary.runs < summary.runs_intended ||
         summary.generator_behind > summary.runs / kOneLateIn;
}

Outcome OutcomeOf(const Scenario& scenario, Summary summary) {
  Outcome outcome{.file = scenario.file, .summary = std::move(summary)};
  outcome.verdicts = JudgeAll(scenario.assertions, outcome.summary);
  outcome.exit = ExitOf(outcome);
  return outcome;
}

absl::string_view ExitWords(ExitStatus exit) {
  switch (exit) {
    case kExitHeld:
      return "all held";
    case kExitInternal:
      return "an error of its own";
    case kExitUsage:
      return "arguments";
    case kExitAssertion:
      return "an assertion failed";
    case kExitRefused:
      return "the scenario is refused";
    case kExitEndedEarly:
      return "ended early";
    case kExitPromiseBroken:
      return "a promise is broken";
    case kExitRateNotKept:
      return "the rate was not kept";
  }
  MIG_CHECK(false) << "no such status";
  return "";
}

}  // namespace mig::sim
