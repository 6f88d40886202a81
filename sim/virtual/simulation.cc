#include "sim/virtual/simulation.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "base/system_clock.h"
#include "sim/report/reported.h"
#include "trust/testing/test_authority.h"

namespace mig::sim {

namespace {

// Before the run begins: uploads, and a certificate for each host that has one.
constexpr absl::Duration kPreparation = absl::Hours(1);
// So that no limit of the coordinator's is reached by enrolling all at once.
constexpr absl::Duration kBetweenEnrollments = absl::Milliseconds(20);
constexpr absl::Duration kOperatorTriesAgain = absl::Seconds(1);
constexpr absl::Duration kBetweenCounts = absl::Hours(6);
constexpr absl::Duration kBetweenProgress = absl::Milliseconds(100);
constexpr int kSettlingRounds = 6;
constexpr size_t kHostsThatSayItAgain = 20;

std::unique_ptr<base::Clock> MachineClock() {
  absl::StatusOr<std::unique_ptr<base::SystemClock>> clock = base::SystemClock::Open();
  MIG_CHECK_OK(clock);
  return *std::move(clock);
}

absl::Time StartOf(const Scenario& scenario) {
  const absl::Duration preparation =
      std::max(kPreparation, 2 * kBetweenEnrollments * static_cast<int64_t>(scenario.hosts));
  return trust::testing::TestEpoch() + absl::Ceil(preparation, absl::Seconds(1));
}

}  // namespace

Simulation::Simulation(const Scenario& scenario, VirtualOptions options)
    : scenario_(scenario), options_(std::move(options)), machine_clock_(MachineClock()) {}

Simulation::~Simulation() {
  const auto is_running = [](const auto& host) { return host->is_running(); };
  // Again, as the end of one may be the moment of another's slot.
  while (time_ != nullptr && std::any_of(hosts_.begin(), hosts_.end(), is_running)) {
    for (const auto& host : hosts_) host->Kill();
    if (!time_->RunUntil(time_->Now()).ok()) return;
  }
}

absl::StatusOr<std::unique_ptr<Simulation>> Simulation::Make(const Scenario& scenario,
                                                             VirtualOptions options) {
  std::unique_ptr<Simulation> simulation(new Simulation(scenario, std::move(options)));
  MIG_RETURN_IF_ERROR(simulation->Prepare());
  return simulation;
}

absl::Status Simulation::Prepare() {
  const base::testing::Seed seed(options_.seed);
  time_ = std::make_unique<VirtualTime>(VirtualTimeOptions{
      .max_fibers = scenario_.hosts + size_t{16}, .max_steps_in_one_instant = 10'000'000});
  coordinator_ = std::make_unique<VirtualCoordinator>(*time_, seed.For("coordinator"));
  MIG_ASSIGN_OR_RETURN(world_, World::Make(scenario_, {.seed = options_.seed,
                                                       .start = StartOf(scenario_),
                                                       .domain = coordinator_->domain()}));
  coordinator_->Open(world_->documents());
  promises_ = std::make_unique<Promises>(*world_);
  invariants_ = std::make_unique<HostInvariants>(*world_);
  coordinator_promises_ = std::make_unique<CoordinatorPromises>(*world_, *coordinator_);
  promises_->is_durable = [this](size_t host, const std::string& attempt) {
    return coordinator_promises_->IsDurable(host, attempt);
  };
  chronicle_ = std::make_unique<Chronicle>(scenario_.hosts);
  stage_ = std::make_unique<Stage>(
      Stage{.world = *world_,
            .time = *time_,
            .coordinator = *coordinator_,
            .promises = *promises_,
            .invariants = *invariants_,
            .coordinator_promises = *coordinator_promises_,
            .chronicle = *chronicle_,
            .summary = summary_,
            .start = time_->Now() + (world_->start() - trust::testing::TestEpoch()),
            .token = coordinator_->NewToken(std::max(scenario_.hosts, 1u))});
  trials_ = std::make_unique<Trials>(*world_);
  stage_->try_copy = [this](Machine& machine, absl::Time now) {
    return trials_->Try(machine, now);
  };
  hosts_.reserve(scenario_.hosts);
  for (size_t i = 0; i < scenario_.hosts; ++i) {
    hosts_.push_back(std::make_unique<VirtualHost>(*stage_, i));
  }
  for (size_t i = 0; i < scenario_.certificates; ++i) {
    time_->CallAt(time_->Now() + kBetweenEnrollments * static_cast<int64_t>(i),
                  [this, i] { hosts_[i]->EnrollNow(); });
  }
  return time_->RunUntil(stage_->start);
}

// --- What happens when

void Simulation::PlanEvents() {
  const WorldTime start = stage_->start;
  for (size_t i = 0; i < world_->documents().plans().size(); ++i) {
    const SignedPlan& plan = world_->documents().plans()[i];
    time_->CallAt(start + (plan.starts - world_->start()), [this, i] { Operate(i); });
    if (plan.halts.has_value()) {
      time_->CallAt(start + (*plan.halts - world_->start()), [this, i] { HaltWhenUp(i); });
    }
  }
  for (const CoordinatorKillPlan& kill : scenario_.coordinator_kills) {
    time_->CallAt(start + kill.at, [this] {
      if (!coordinator_->IsUp()) return;
      coordinator_->Kill();
      ++summary_.coordinator_kills;
      chronicle_->Note(Chronicle::kCoordinator, stage_->SinceStart(), "is killed");
    });
    time_->CallAt(start + kill.at + kill.down, [this] {
      coordinator_->StartAgain();
      chronicle_->Note(Chronicle::kCoordinator, stage_->SinceStart(), "starts again");
      chronicle_->Note(Chronicle::kCoordinator, stage_->SinceStart(),
                       coordinator_promises_->Counts(stage_->Now()));
    });
  }
  time_->CallAt(start + kBetweenCounts, [this] { CheckCounts(); });
}

void Simulation::Operate(size_t plan) {
  if (!coordinator_->IsUp()) {
    time_->CallAt(time_->Now() + kOperatorTriesAgain, [this, plan] { Operate(plan); });
    return;
  }
  coordinator_->StartRollout(world_->documents().plans()[plan]);
  chronicle_->Note(Chronicle::kCoordinator, stage_->SinceStart(),
                   absl::StrCat("starts rollout ", plan + 1));
}

void Simulation::HaltWhenUp(size_t plan) {
  if (!coordinator_->IsUp()) {
    time_->CallAt(time_->Now() + kOperatorTriesAgain, [this, plan] { HaltWhenUp(plan); });
    return;
  }
  coordinator_->Halt(world_->documents().plans()[plan]);
  coordinator_promises_->Halted(plan, stage_->Now());
  chronicle_->Note(Chronicle::kCoordinator, stage_->SinceStart(),
                   absl::StrCat("halts rollout ", plan + 1));
}

void Simulation::CheckCounts() {
  if (!stage_->faults) return;
  if (coordinator_->IsUp()) {
    chronicle_->Note(Chronicle::kCoordinator, stage_->SinceStart(),
                     coordinator_promises_->Counts(stage_->Now()));
  }
  time_->CallAt(time_->Now() + kBetweenCounts, [this] { CheckCounts(); });
}

// --- The run

absl::StatusOr<Summary> Simulation::Run() {
  const base::MonotonicTime began = machine_clock_->MonotonicNow();
  PlanEvents();
  for (const auto& host : hosts_) host->Schedule();
  MIG_RETURN_IF_ERROR(Watch());
  summary_.lasted = std::min(stage_->SinceStart(), scenario_.duration);
  summary_.outcome_hash = chronicle_->Hash();
  CountUp();
  if (!stopped_ && !chronicle_->violation().has_value()) MIG_RETURN_IF_ERROR(Settle());
  summary_.violation = chronicle_->violation();
  summary_.promises_checked = promises_->checked() + invariants_->checked() +
                              coordinator_promises_->checked() + trials_->tried();
  summary_.took = machine_clock_->MonotonicNow() - began;
  return std::move(summary_);
}

absl::Status Simulation::Watch() {
  const WorldTime end = stage_->start + scenario_.duration;
  const absl::Duration step = std::min<absl::Duration>(
      absl::Minutes(1), std::max(scenario_.duration / 100, absl::Seconds(1)));
  base::MonotonicTime told = machine_clock_->MonotonicNow();
  const auto goes_on = [&] {
    stopped_ = options_.stop != nullptr && options_.stop->load();
    if (machine_clock_->MonotonicNow() - told >= kBetweenProgress) {
      told = machine_clock_->MonotonicNow();
      TellProgress();
    }
    return !stopped_ && !chronicle_->violation().has_value();
  };
  while (goes_on() && time_->Now() < end) {
    MIG_RETURN_IF_ERROR(time_->RunUntil(std::min(end, time_->Now() + step)));
  }
  // What began before the end is carried to its own.
  const auto is_busy = [](const auto& host) { return host->is_running() || host->is_off(); };
  while (goes_on() && std::any_of(hosts_.begin(), hosts_.end(), is_busy)) {
    MIG_RETURN_IF_ERROR(time_->RunUntil(time_->Now() + step));
  }
  return absl::OkStatus();
}

void Simulation::TellProgress() {
  if (!options_.progress) return;
  options_.progress({.lasted = std::min(stage_->SinceStart(), scenario_.duration),
                     .whole = scenario_.duration,
                     .loaders = scenario_.hosts,
                     .runs = summary_.runs,
                     .runs_intended = summary_.runs_intended,
                     .errors = summary_.errors()});
}

absl::Status Simulation::Settle() {
  stage_->faults = false;
  coordinator_->StartAgain();
  // A download of a first try may have been refused by a limit that time lifts.
  for (int round = 0; round < kSettlingRounds; ++round) {
    bool all = true;
    for (const auto& host : hosts_) {
      const bool is_done =
          host->is_settled() && !invariants_->IsDamaged(host->machine().index()) &&
          !promises_->Converged(host->machine(), host->last_run(), stage_->Now()).has_value();
      if (is_done) continue;
      all = false;
      host->RunAgain();
    }
    if (all) break;
    MIG_RETURN_IF_ERROR(time_->RunToCompletion());
    MIG_RETURN_IF_ERROR(time_->RunUntil(time_->Now() + absl::Hours(1)));
  }
  CheckEnd();
  return absl::OkStatus();
}

void Simulation::CheckEnd() {
  MIG_CHECK(coordinator_->IsUp());
  const absl::Duration at = stage_->SinceStart();
  for (size_t i = 0; i < hosts_.size() && i < kHostsThatSayItAgain; ++i) {
    chronicle_->Note(Chronicle::kCoordinator, at,
                     coordinator_promises_->SaysAgain(i, *promises_, stage_->Now()));
  }
  chronicle_->Note(Chronicle::kCoordinator, at, coordinator_promises_->Counts(stage_->Now()));
  for (const auto& host : hosts_) {
    const size_t index = host->machine().index();
    chronicle_->Note(index, at,
                     promises_->Converged(host->machine(), host->last_run(), stage_->Now()));
    if (host->is_settled()) {
      chronicle_->Note(index, at,
                       invariants_->Settled(host->machine(), promises_->InstalledOn(index)));
      chronicle_->Note(index, at, coordinator_promises_->Host(index, *promises_, stage_->Now()));
    }
  }
}

void Simulation::CountUp() {
  summary_.scenario = scenario_.name;
  summary_.mode = Mode::kVirtual;
  summary_.seed = options_.seed;
  summary_.loaders = scenario_.hosts;
  if (stopped_) {
    summary_.ending = Ending::kInterrupted;
    summary_.ending_text = "interrupted";
  }
  const std::vector<SignedRelease>& releases = world_->documents().releases();
  for (size_t i = 0; i < hosts_.size(); ++i) {
    const std::optional<size_t> installed = promises_->InstalledOn(i);
    ++summary_.hosts_by_version[installed.has_value() ? releases[*installed].version : ""];
    if (installed == world_->documents().plans().back().release) ++summary_.on_newest;
    for (const auto& [attempt, outcome] : promises_->OutcomesOf(i)) {
      if (coordinator_promises_->IsDurable(i, attempt)) CountReported(outcome, summary_);
    }
  }
  rusage used = {};
  if (getrusage(RUSAGE_SELF, &used) == 0) {
    summary_.driver_rss_mib = static_cast<double>(used.ru_maxrss) / 1024;
    summary_.peak_rss_mib = summary_.driver_rss_mib;
  }
}

absl::StatusOr<Summary> RunVirtual(const Scenario& scenario, VirtualOptions options) {
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<Simulation> simulation,
                       Simulation::Make(scenario, std::move(options)));
  return simulation->Run();
}

}  // namespace mig::sim
