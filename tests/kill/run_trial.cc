#include "tests/kill/run_trial.h"

#include <signal.h>

#include <algorithm>
#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "tests/kill/case.h"

namespace mig::tests {

namespace {

constexpr int kKilled = 128 + SIGKILL;
constexpr int kWentBack = 6;

class TrialRun {
 public:
  TrialRun(const Trial& trial, Case subject) : trial_(trial), case_(std::move(subject)) {}

  absl::StatusOr<Verdict> Make() {
    const absl::Status status = Steps();
    if (absl::IsFailedPrecondition(status) || absl::IsDeadlineExceeded(status)) {
      verdict_.violation = absl::StrCat(status.message(), struck_);
    } else if (!status.ok()) {
      return status;
    }
    return std::move(verdict_);
  }

 private:
  absl::Status Steps() {
    MIG_RETURN_IF_ERROR(StruckRun(trial_.scenario->verb, trial_.strike));
    MIG_RETURN_IF_ERROR(case_.CheckInstant());
    const std::vector<std::string> run = {"run", "--now"};
    if (trial_.next == Trial::Next::kRecover) {
      if (trial_.second) {
        MIG_RETURN_IF_ERROR(StruckRun({"recover"}, trial_.second));
        MIG_RETURN_IF_ERROR(case_.CheckInstant());
      }
      MIG_ASSIGN_OR_RETURN(const CommandResult recovered, case_.Run({"recover"}));
      said_ = recovered.ToString();
      MIG_RETURN_IF_ERROR(case_.CheckRecovered(recovered.exit_status));
      if (IsTurnOf(0)) {
        MIG_RETURN_IF_ERROR(case_.CheckRecoveringAgain());
      }
    } else if (trial_.second) {
      MIG_RETURN_IF_ERROR(StruckRun(run, trial_.second));
      MIG_RETURN_IF_ERROR(case_.CheckInstant());
    }
    MIG_ASSIGN_OR_RETURN(const CommandResult ran, case_.Run(run));
    said_ = ran.ToString();
    MIG_RETURN_IF_ERROR(case_.CheckConverged(ran.exit_status));
    return IsTurnOf(1) ? case_.CheckNextRun() : absl::OkStatus();
  }

  // What need not be asked every time is asked every third time, the same ones in each run.
  bool IsTurnOf(uint32_t turn) const {
    return trial_.strike.has_value() && trial_.strike->point.ordinal % 3 == turn;
  }

  absl::Status StruckRun(const std::vector<std::string>& verb,
                         const std::optional<Strike>& strike) {
    Striker striker = strike ? Striker(*strike) : Striker();
    MIG_ASSIGN_OR_RETURN(const TraceResult result, case_.Trace(verb, std::ref(striker)));
    verdict_.calls = striker.counted();
    if (striker.struck().has_value()) Note(*striker.struck(), *strike, result);
    const bool is_killed = striker.struck().has_value() && strike->blow.what == Blow::What::kKill;
    if (is_killed != (result.exit_status == kKilled)) {
      return absl::FailedPreconditionError(absl::StrCat("it ended with ", result.exit_status));
    }
    if (is_killed) return absl::OkStatus();
    if (result.exit_status >= 128) {
      return absl::FailedPreconditionError(
          absl::StrCat("P7: it crashed, with ", result.exit_status, ": ", result.said));
    }
    if (result.exit_status == kWentBack) case_.AllowGoingBack();
    return absl::OkStatus();
  }

  void Note(const Call& call, const Strike& strike, const TraceResult& result) {
    ++(strike.blow.what == Blow::What::kKill ? verdict_.kills : verdict_.faults);
    absl::StrAppend(&struck_, "\n  ", strike.ToString(), ": ", call.name, " ", call.path,
                    "; it ended with ", result.exit_status, " ", LastLine(result.said));
  }

  const Trial& trial_;
  Case case_;
  Verdict verdict_;
  std::string struck_;  // at which calls, for people
  std::string said_;
};

bool IsRenameOfAgentFile(const Call& call, const Victim& victim) {
  return absl::StartsWith(call.name, "renameat") &&
         absl::StartsWith(call.path, victim.host().agent_directory() + "/") &&
         !absl::StrContains(call.path, "/.mig-");
}

// The point of the `which`th call, from 0, for which `is_it` holds.
absl::StatusOr<Point> FindPoint(const std::vector<Striker::Counted>& calls, size_t which,
                                absl::FunctionRef<bool(const Call&)> is_it) {
  for (const Striker::Counted& counted : calls) {
    if (is_it(counted.call) && which-- == 0) return counted.point;
  }
  return absl::NotFoundError("a run has no such call: has the loader learned another way?");
}

// Kills `scenario` at that point, and saves what is then as `name`.
absl::Status SaveKilled(KillSite& site, const Scenario& scenario, DiskKind disk, const Point& point,
                        const std::string& name) {
  MIG_ASSIGN_OR_RETURN(Case subject, Case::Begin(site, scenario, disk));
  Striker striker(Strike{.point = point});
  MIG_ASSIGN_OR_RETURN(const TraceResult result, subject.Trace(scenario.verb, std::ref(striker)));
  if (result.exit_status != kKilled) return absl::AbortedError("it was not killed");
  subject.victim().EndAgents();
  return subject.victim().Save(name);
}

const Scenario& Named(absl::string_view name) {
  const auto found = std::ranges::find(Scenarios(), name, &Scenario::name);
  MIG_CHECK(found != Scenarios().end()) << name;
  return *found;
}

}  // namespace

absl::StatusOr<Verdict> RunTrial(KillSite& site, const Trial& trial) {
  MIG_ASSIGN_OR_RETURN(Case subject, Case::Begin(site, *trial.scenario, trial.disk));
  return TrialRun(trial, std::move(subject)).Make();
}

absl::StatusOr<Verdict> WatchScenario(KillSite& site, const Scenario& scenario, DiskKind disk) {
  MIG_ASSIGN_OR_RETURN(Case subject, Case::Begin(site, scenario, disk));
  Striker striker;
  Verdict verdict;
  MIG_ASSIGN_OR_RETURN(
      const TraceResult result, subject.Trace(scenario.verb, [&](const Stop& stop) {
        const bool is_asked = stop.side == Side::kExit && stop.call.kind == CallKind::kChange;
        if (is_asked && !verdict.violation) {
          const absl::Status now = subject.CheckInstant();
          if (!now.ok()) {
            verdict.violation =
                absl::StrCat(now.message(), "\n  after ", stop.call.name, " ", stop.call.path);
          }
        }
        return striker(stop);
      }));
  verdict.calls = striker.counted();
  const int expected = scenario.temper == Temper::kBad ? kWentBack : 0;
  if (result.exit_status != expected) {
    return absl::AbortedError(
        absl::StrCat(scenario.name, " ended with ", result.exit_status, ": ", result.said));
  }
  return verdict;
}

absl::Status PrepareRecoveries(KillSite& site, DiskKind disk) {
  for (const char* const name : {"update", "back"}) {
    const Scenario& scenario = Named(name);
    MIG_ASSIGN_OR_RETURN(Case subject, Case::Begin(site, scenario, disk));
    const Victim& victim = subject.victim();
    Striker striker;
    MIG_RETURN_IF_ERROR(subject.Trace(scenario.verb, std::ref(striker)).status());
    const auto renames = [&victim](const Call& call) { return IsRenameOfAgentFile(call, victim); };
    const auto forks = [](const Call& call) { return call.name == "clone"; };
    const std::vector<Striker::Counted>& calls = striker.counted();
    if (scenario.temper == Temper::kBad) {
      // Four go forward; the sixth is the second one back.
      MIG_ASSIGN_OR_RETURN(const Point point, FindPoint(calls, 5, renames));
      MIG_RETURN_IF_ERROR(SaveKilled(site, scenario, disk, point, "recover-reverting"));
    } else {
      MIG_ASSIGN_OR_RETURN(const Point middle, FindPoint(calls, 1, renames));
      MIG_RETURN_IF_ERROR(SaveKilled(site, scenario, disk, middle, "recover-committed"));
      MIG_ASSIGN_OR_RETURN(Point start, FindPoint(calls, 0, forks));
      start.side = Side::kEntry;
      MIG_RETURN_IF_ERROR(SaveKilled(site, scenario, disk, start, "recover-activating"));
    }
  }
  return absl::OkStatus();
}

}  // namespace mig::tests
