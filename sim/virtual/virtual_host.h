// One host of a simulation in virtual time: its machine and clock, the scheduler that starts its
// loader at its slots, and the power that may go.

#ifndef MIG_SIM_VIRTUAL_VIRTUAL_HOST_H_
#define MIG_SIM_VIRTUAL_VIRTUAL_HOST_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/disk_image.h"
#include "base/testing/seeded_random.h"
#include "loader/run/run_result.h"
#include "proto/mig/v1/report.pb.h"
#include "rollout/slot.h"
#include "sim/fiber/host_clock.h"
#include "sim/fiber/virtual_time.h"
#include "sim/report/summary.h"
#include "sim/virtual/chronicle.h"
#include "sim/virtual/coordinator_promises.h"
#include "sim/virtual/host_faults.h"
#include "sim/virtual/virtual_connector.h"
#include "sim/virtual/virtual_coordinator.h"
#include "sim/world/host_invariants.h"
#include "sim/world/machine.h"
#include "sim/world/promises.h"
#include "sim/world/world.h"
#include "trust/token/token.h"

namespace mig::sim {

// What all hosts of one simulation share. Borrowed.
struct Stage {
  World& world;
  VirtualTime& time;
  VirtualCoordinator& coordinator;
  Promises& promises;
  HostInvariants& invariants;
  CoordinatorPromises& coordinator_promises;
  Chronicle& chronicle;
  Summary& summary;
  WorldTime start;     // when the run begins
  trust::Token token;  // for hosts that have no certificate
  // How many operations of its disk an install takes, as far as was seen.
  uint64_t install_operations = 200;
  bool faults = true;  // false: the run is over, and links work
  // A copy of a machine is tried (trials.h); null: none are.
  std::function<std::optional<Finding>(Machine&, absl::Time now)> try_copy = nullptr;

  absl::Duration SinceStart() const { return time.Now() - start; }
  // By a right clock.
  absl::Time Now() const { return world.start() + SinceStart(); }
};

// Everything on one thread.
class VirtualHost : private WireTap {
 public:
  VirtualHost(Stage& stage, size_t index);

  VirtualHost(const VirtualHost&) = delete;
  VirtualHost& operator=(const VirtualHost&) = delete;

  // Before the run begins: its certificate. On a fiber of its own.
  void EnrollNow();
  // From now on it runs at its slots, until the scenario's duration is over.
  void Schedule();
  // One more run now, that is not counted. Nothing while it is off.
  void RunAgain();
  // kill -9 of its process, if there is one; that ends when time goes on.
  void Kill();

  Machine& machine() { return machine_; }
  bool is_off() const { return power_ == Power::kOff; }
  bool is_running() const { return fiber_.has_value(); }
  const loader::RunResult& last_run() const { return last_run_; }
  // Whether its last run checked in and left nothing to say.
  bool is_settled() const { return enrolled_ && checked_in_ && !last_run_.changed(); }

 private:
  enum class Power { kOn, kOff };
  class EndOfProcess;

  // The fiber's bodies.
  void Loader();
  void Recover();

  void SlotComes(absl::Time slot);
  void TryCopy();
  void Spawn(void (VirtualHost::*body)());
  void ProcessEnds();
  void PowerGoes();
  void PowerComes();
  void BeforeWait();
  // The loader was killed; the machine goes on.
  void LoaderIsKilled();
  // On no fiber: what recovering once more would do.
  void TryToRecoverAgain();
  void MayDamage();
  // Outcomes of this host that the coordinator has.
  std::vector<v1::Outcome> Told() const;
  void CheckWhatIsLeft(const base::DiskImage& image);
  void Note(absl::string_view what);
  void Note(const std::optional<Finding>& finding);
  void NoteRun(absl::string_view what, const loader::RunResult& result);
  LinkWeather Weather() const;
  void CheckAnswer(loader::Method method, const std::string& answer);

  // WireTap
  void CallBegins(loader::Method method, absl::string_view request) override;
  void CallEnds(loader::Method method, const absl::StatusOr<std::string>& answer,
                absl::Duration took) override;
  void Answers(loader::Method method, absl::string_view request,
               const absl::StatusOr<std::string>& answer) override;
  void Fetched(uint64_t bytes) override {
    if (counted_) stage_.summary.fetched_bytes += bytes;
  }

  Stage& stage_;
  const size_t index_;
  const absl::Duration skew_;
  base::testing::SeededRandom random_;
  HostClock clock_;
  VirtualConnector connector_;
  Machine machine_;
  HostFaults faults_;
  rollout::CheckInSchedule schedule_;

  Power power_ = Power::kOn;
  std::optional<FiberId> fiber_;  // of the process that runs
  bool enrolled_ = false;
  bool counted_ = false;      // the run is one of the scenario's
  bool missed_slot_ = false;  // while it was off
  bool checked_in_ = false;   // in this run
  absl::Duration late_;       // of this run, behind its intended start
  WorldTime began_;
  WorldTime intended_;
  uint64_t operations_before_ = 0;
  loader::RunResult last_run_;
};

}  // namespace mig::sim

#endif  // MIG_SIM_VIRTUAL_VIRTUAL_HOST_H_
