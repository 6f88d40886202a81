// What a simulation saw: values. Text and JSON of it are made elsewhere in this folder, the exit
// status too.

#ifndef MIG_SIM_REPORT_SUMMARY_H_
#define MIG_SIM_REPORT_SUMMARY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "sim/report/histogram.h"
#include "sim/scenario/mode.h"

namespace mig::sim {

// Where the time of a loader's run goes. All begin at the run's intended start: a call's time is
// its own and how late its run began (so a generator that falls behind hides nothing).
enum class Phase {
  kConnect,  // TCP and TLS; --live only
  kCheckIn,
  kFetch,
  kReport,
  kRun,  // all of it, from its intended start
};
inline constexpr int kPhases = 5;

// A promise that did not hold (docs/promises.md).
struct Violation {
  std::string promise;             // "3: a host runs the old set or the new set"
  std::string host;                // "host-17"; empty: the coordinator
  absl::Duration at;               // since the run began
  std::string what;                // what was seen, and what should have been
  std::vector<std::string> trace;  // the last things that this host did, oldest first; at most 50
};

// How a simulation ended.
enum class Ending {
  kWhole,
  kCoordinatorGone,  // died by itself, and not by the scenario
  kNoAnswer,         // nobody got any answer for two minutes
  kInterrupted,      // Ctrl-C
};

struct Summary {
  std::string scenario;
  Mode mode = Mode::kVirtual;
  uint64_t seed = 0;
  Ending ending = Ending::kWhole;
  std::string ending_text;  // one line of why, if not whole

  uint64_t loaders = 0;
  uint64_t runs_intended = 0;  // by the scenario, until it ended, early or not
  uint64_t runs = 0;           // that were begun
  uint64_t check_ins = 0;  // answered; a run has one, and one more at a commit point that came late
  uint64_t enrollments = 0;
  uint64_t installs = 0;  // ended well
  uint64_t went_back = 0;
  uint64_t repairs = 0;
  // Outcomes that the coordinator has durably, each once; all, and what they are about
  // (reported.h).
  uint64_t reports = 0;
  uint64_t installs_reported = 0;
  uint64_t went_back_reported = 0;
  uint64_t repairs_reported = 0;
  uint64_t others_reported = 0;
  uint64_t fetched_bytes = 0;
  uint64_t power_cuts = 0;
  uint64_t coordinator_kills = 0;
  uint64_t loader_kills = 0;  // --virtual, as the next two
  uint64_t disk_faults = 0;   // runs that found the disk full, or saw a call fail
  uint64_t damages = 0;       // to files and to what a host trusts
  uint64_t on_newest = 0;     // hosts that have the last rollout's release at the end
  std::map<std::string, uint64_t> errors_by_status;  // calls; "UNAVAILABLE"
  uint64_t calls = 0;
  // Hosts by the version that is installed at the end; "" has none.
  std::map<std::string, uint64_t> hosts_by_version;

  uint64_t handshakes_full = 0;   // --live
  uint64_t generator_behind = 0;  // --live: runs that began more than 100 ms late
  absl::Duration worst_lateness;  // --live
  double peak_rss_mib = 0;        // driver and coordinator together
  double driver_rss_mib = 0;
  double coordinator_rss_mib = 0;  // --live

  std::map<Phase, Histogram> phases;
  uint64_t promises_checked = 0;
  std::optional<Violation> violation;
  std::string outcome_hash;  // --virtual: 64 hex digits
  absl::Duration took;       // of the machine's time
  absl::Duration lasted;     // of the world's time

  uint64_t errors() const {
    uint64_t sum = 0;
    for (const auto& [status, count] : errors_by_status) sum += count;
    return sum;
  }
};

}  // namespace mig::sim

#endif  // MIG_SIM_REPORT_SUMMARY_H_
