// All of one simulation in virtual time: hosts, coordinator, what happens when, and what is checked
// at the end.

#ifndef MIG_SIM_VIRTUAL_SIMULATION_H_
#define MIG_SIM_VIRTUAL_SIMULATION_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "sim/fiber/virtual_time.h"
#include "sim/report/summary.h"
#include "sim/scenario/scenario.h"
#include "sim/virtual/chronicle.h"
#include "sim/virtual/coordinator_promises.h"
#include "sim/virtual/trials.h"
#include "sim/virtual/verify_memo.h"
#include "sim/virtual/virtual_coordinator.h"
#include "sim/virtual/virtual_host.h"
#include "sim/virtual/virtual_run.h"
#include "sim/world/host_invariants.h"
#include "sim/world/promises.h"
#include "sim/world/world.h"

namespace mig::sim {

class Simulation {
 public:
  // Ends the processes that still run (after a promise that did not hold, or Ctrl-C): they use
  // their machines until then.
  ~Simulation();

  // Everything is enrolled and uploaded; nothing has run yet. Errors: World::Make's.
  static absl::StatusOr<std::unique_ptr<Simulation>> Make(const Scenario& scenario,
                                                          VirtualOptions options);

  // Once. Errors: Internal  the world stands still: a bug of the simulator, or a loader that waits
  // for nobody
  absl::StatusOr<Summary> Run();

  // For tests that tamper with the world: after Make, before Run.
  VirtualHost& host(size_t index) { return *hosts_[index]; }
  VirtualCoordinator& coordinator() { return *coordinator_; }
  VirtualTime& time() { return *time_; }

 private:
  Simulation(const Scenario& scenario, VirtualOptions options);

  absl::Status Prepare();
  void PlanEvents();
  void Operate(size_t plan);
  void HaltWhenUp(size_t plan);
  void CheckCounts();
  absl::Status Watch();
  // With links that work: each host runs until it has nothing more to say.
  absl::Status Settle();
  void CheckEnd();
  void TellProgress();
  // What is true when the scenario's time is over.
  void CountUp();

  const VerifyMemo memo_;
  const Scenario scenario_;
  VirtualOptions options_;
  std::unique_ptr<VirtualTime> time_;
  std::unique_ptr<VirtualCoordinator> coordinator_;
  std::unique_ptr<World> world_;
  std::unique_ptr<Promises> promises_;
  std::unique_ptr<HostInvariants> invariants_;
  std::unique_ptr<CoordinatorPromises> coordinator_promises_;
  std::unique_ptr<Chronicle> chronicle_;
  std::unique_ptr<Trials> trials_;
  Summary summary_;
  std::unique_ptr<Stage> stage_;
  std::vector<std::unique_ptr<VirtualHost>> hosts_;
  bool stopped_ = false;
  const std::unique_ptr<base::Clock> machine_clock_;  // this machine's: how long it takes
};

}  // namespace mig::sim

#endif  // MIG_SIM_VIRTUAL_SIMULATION_H_
