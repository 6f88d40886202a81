// The promises, checked from outside: what machines did, against what was signed and what is true.
// Nothing here is computed with the loader's or the coordinator's own rules.

#ifndef MIG_SIM_WORLD_PROMISES_H_
#define MIG_SIM_WORLD_PROMISES_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "loader/run/run_result.h"
#include "proto/mig/v1/report.pb.h"
#include "sim/world/machine.h"
#include "sim/world/world.h"
#include "trust/trusted_state.h"

namespace mig::sim {

// A promise that did not hold.
struct Finding {
  std::string promise;  // one of the texts below
  std::string what;
};

// As docs/promises.md numbers them.
inline constexpr absl::string_view kPromiseSigned = "1: only what was signed is installed";
inline constexpr absl::string_view kPromiseTurn = "2: no host runs ahead of its turn";
inline constexpr absl::string_view kPromiseWhole = "3: a host runs the old set or the new set";
inline constexpr absl::string_view kPromiseStops = "4: a bad release stops itself";
inline constexpr absl::string_view kPromiseReports = "5: nothing reported is lost";
inline constexpr absl::string_view kPromiseExplains = "6: every decision can be explained";

// One per simulation, for all its hosts. Tell it what happens; `now` is the right time. The first
// finding of a call is returned. One thread at a time. Memory: about 1 KiB for each host.
class Promises {
 public:
  explicit Promises(const World& world);

  // Whether the coordinator has this outcome durably. Null: not known; then what was delivered is
  // believed to be there.
  std::function<bool(size_t host, const std::string& attempt)> is_durable;

  // The agent is about to be started with the files that are on the disk.
  std::optional<Finding> AgentStarts(const Machine& machine, absl::Time now);
  // A loader process ended by itself: `run` or, after a boot, `recover`.
  enum class Process { kRun, kRecover };
  std::optional<Finding> Ended(const Machine& machine, Process process,
                               const loader::RunResult& result, absl::Time now);
  // Power went; `machine` has the disk that it will boot from.
  std::optional<Finding> PowerWent(const Machine& machine, absl::Time now);
  // Somebody has damaged one of its files, or half of what it trusts.
  void Damaged(size_t host) { known_[host].damaged = true; }
  void TrustDamaged(size_t host);

  // The loader gave this to the network.
  void Reported(size_t host, const v1::ReportRequest& request);

  // At the end, with links that work and after the host ran again: what it should have by its
  // plans, and does not, without a reason that is true.
  std::optional<Finding> Converged(const Machine& machine, const loader::RunResult& last,
                                   absl::Time now) const;

  // Everything that a host said of itself, by attempt (16 bytes).
  const std::map<std::string, v1::Outcome>& OutcomesOf(size_t host) const;
  // Of the last look at it.
  std::optional<size_t> InstalledOn(size_t host) const { return known_[host].installed; }

  uint64_t checked() const { return checked_; }

 private:
  // What is known of one host.
  struct Known {
    std::optional<size_t> installed;
    std::map<std::string, trust::Numbers> seen;  // products, then "stream NAME"
    std::map<size_t, absl::Time> began;          // by release: its first start or journal here
    std::set<size_t> bad;                        // releases that the loader found bad here
    std::optional<size_t> started;               // the release that was started last
    absl::Time started_at = absl::InfinitePast();
    std::deque<absl::Time> new_starts;  // of a release that was not installed; one day
    std::map<std::string, v1::Outcome> outcomes;
    std::set<std::string> waiting;  // of those: not durable yet
    bool damaged = false;           // a file of what is installed, and not put right yet
  };

  bool HasSeen(const LoaderState& state, size_t release) const;
  std::optional<Finding> Begins(size_t host, size_t release, absl::Time now);
  std::optional<Finding> CheckFiles(const LoaderState& state, Process process,
                                    const loader::RunResult& result, Known& known) const;
  std::optional<Finding> CheckSeen(const LoaderState& state, Known& known) const;
  std::optional<Finding> CheckInstalled(const Machine& machine, const LoaderState& state,
                                        Known& known, absl::Time now) const;
  std::optional<Finding> CheckBad(const LoaderState& state, Known& known) const;
  std::optional<Finding> CheckSpool(size_t host, const LoaderState& state, Known& known) const;
  std::optional<Finding> CheckRefusals(size_t host, const Known& known,
                                       const v1::Outcome& outcome) const;
  std::optional<Finding> CheckResult(const loader::RunResult& result, const Known& known) const;
  std::optional<size_t> ReleaseOf(const base::Digest& manifest) const;
  bool HasOutcome(const Known& known, size_t release,
                  const std::function<bool(const v1::Outcome&)>& is_it) const;
  std::string VersionOf(const std::optional<size_t>& release) const;

  const World& world_;
  std::vector<Known> known_;
  uint64_t checked_ = 0;
};

// Which release each host should have by its plans at `now`, if its agent is well there and its
// clock is right; nothing: nothing yet, or it cannot be said.
std::optional<size_t> ExpectedOn(const World& world, size_t host, absl::Time now);

}  // namespace mig::sim

#endif  // MIG_SIM_WORLD_PROMISES_H_
