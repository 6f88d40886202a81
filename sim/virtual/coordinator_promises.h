// What a coordinator owes, checked from outside: each answer against its store and the signed
// plans, its counts against its rows, its rows against what the hosts did.

#ifndef MIG_SIM_VIRTUAL_COORDINATOR_PROMISES_H_
#define MIG_SIM_VIRTUAL_COORDINATOR_PROMISES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proto/mig/v1/checkin.pb.h"
#include "proto/mig/v1/report.pb.h"
#include "sim/virtual/virtual_coordinator.h"
#include "sim/world/promises.h"
#include "sim/world/world.h"

namespace mig::sim {

// One thread. `now` is the right time.
class CoordinatorPromises {
 public:
  // All borrowed.
  CoordinatorPromises(const World& world, VirtualCoordinator& coordinator)
      : world_(world), coordinator_(coordinator) {}

  // A rollout was halted; the operator has the answer.
  void Halted(size_t plan, absl::Time now) { halted_.emplace(plan, now); }

  // It is about to answer this host.
  std::optional<Finding> ChecksIn(size_t host, const v1::CheckInAnswer& answer, absl::Time now);
  std::optional<Finding> TakesReport(size_t host, const v1::ReportAnswer& answer);

  // Whether an outcome is durable.
  bool IsDurable(size_t host, const std::string& attempt);

  // Offers, outcomes and what is counted of them, of every rollout. It must be up.
  std::optional<Finding> Counts(absl::Time now);

  // At the end: the host says all of it again, with two notices that are new, as one whose answers
  // were lost. What is new is there afterwards, what is not is not counted again (Counts).
  std::optional<Finding> SaysAgain(size_t host, Promises& promises, absl::Time now);

  // At the end: exactly what this host said is there, and what is said of it is true.
  std::optional<Finding> Host(size_t host, const Promises& promises, absl::Time now);

  uint64_t checked() const { return checked_; }

 private:
  struct Expected;  // the counts of one rollout, from the rows

  std::optional<Finding> CountsOf(const SignedPlan& plan, size_t index, absl::Time now);
  std::optional<Finding> RowsOf(size_t host, const Promises& promises);
  std::optional<Finding> Inventory(size_t host, const Promises& promises, absl::Time now);

  const World& world_;
  VirtualCoordinator& coordinator_;
  std::map<size_t, absl::Time> halted_;
  uint64_t checked_ = 0;
};

}  // namespace mig::sim

#endif  // MIG_SIM_VIRTUAL_COORDINATOR_PROMISES_H_
