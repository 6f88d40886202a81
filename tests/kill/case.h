// One host in the middle of a trial: what it started from, what it may lead to, and whether that
// holds (ADVERSARY.md 2 and 9).

#ifndef MIG_TESTS_KILL_CASE_H_
#define MIG_TESTS_KILL_CASE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "loader/install/testing/invariants.h"
#include "tests/harness/command.h"
#include "tests/kill/kill_site.h"
#include "tests/kill/tracer.h"
#include "tests/kill/trial.h"
#include "tests/kill/victim.h"

namespace mig::tests {

class Case {
 public:
  // Puts the host into the scenario's first state. NotFound: its file system is not on this
  // machine. `site` is borrowed.
  static absl::StatusOr<Case> Begin(KillSite& site, const Scenario& scenario, DiskKind disk);

  Victim& victim() { return *victim_; }
  const loader::testing::Invariants& invariants() const { return invariants_; }

  absl::StatusOr<TraceResult> Trace(const std::vector<std::string>& verb,
                                    absl::FunctionRef<Order(const Stop&)> judge) const;
  absl::StatusOr<CommandResult> Run(const std::vector<std::string>& verb) const;

  // Whether an install has committed and is not finished.
  bool HasJournal() const;

  // From here on the release may be bad here, since a start of its agent was made to fail.
  void AllowGoingBack() { may_have_gone_back_ = true; }

  // The checks. FailedPrecondition names the invariant.

  // What holds at every instant, between any two calls: I3, I5, I6.
  absl::Status CheckInstant();
  // What holds after `recover` ended with this status: I1, I2, and there is no journal.
  absl::Status CheckRecovered(int exit_status);
  // I7: another `recover` changes nothing.
  absl::Status CheckRecoveringAgain();
  // After a run that reached the coordinator: the files are those that the host should have, their
  // agent runs, nothing else is left.
  absl::Status CheckConverged(int exit_status);
  // One more run changes nothing, and leaves the agent alone.
  absl::Status CheckNextRun();

 private:
  Case(KillSite& site, const Scenario& scenario, Victim& victim,
       loader::testing::Invariants invariants)
      : site_(site), scenario_(scenario), victim_(&victim), invariants_(std::move(invariants)) {}

  bool IsBad() const { return scenario_.temper == Temper::kBad; }
  absl::Status CheckSet();

  KillSite& site_;
  const Scenario& scenario_;
  Victim* victim_;
  loader::testing::Invariants invariants_;
  bool may_have_gone_back_ = false;
};

}  // namespace mig::tests

#endif  // MIG_TESTS_KILL_CASE_H_
