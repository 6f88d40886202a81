// Which host is to run next, and when: the open loop. Times are fixed before anything runs, and a
// slow answer moves none of them.

#ifndef MIG_SIM_LIVE_ARRIVALS_H_
#define MIG_SIM_LIVE_ARRIVALS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

#include "absl/time/time.h"
#include "trust/host_id.h"

namespace mig::sim {

// One run that is intended.
struct Arrival {
  absl::Time at;
  size_t host = 0;

  // A queue gives the earliest first; among equals the host of the lowest number.
  friend bool operator<(const Arrival& a, const Arrival& b) {
    return a.at != b.at ? a.at > b.at : a.host > b.host;
  }
};

// One thread at a time. Memory: one entry for each host.
class Arrivals {
 public:
  struct Options {
    absl::Time start;
    absl::Duration duration;  // runs are intended in [start, start + duration)
    absl::Duration every;     // whole seconds
  };

  // Hosts are numbered as they come in `ids`.
  Arrivals(const std::vector<trust::HostId>& ids, const Options& options);

  // The earliest one that may begin: of a host that does not run. Nothing: there is none until a
  // host that runs has ended, or at all.
  std::optional<Arrival> Next() const;
  // Takes the one that Next gives.
  Arrival Take();
  // The run that was taken has ended: its host's next one may come.
  void Ended(const Arrival& arrival);

  // How many runs are intended up to `now`; up to the infinite future: all of them.
  uint64_t IntendedBy(absl::Time now) const;
  // Nothing runs and nothing is to come.
  bool AllEnded() const { return queue_.empty() && running_ == 0; }
  size_t running() const { return running_; }

 private:
  const Options options_;
  std::vector<absl::Time> first_;  // of each host that has a run, sorted
  std::priority_queue<Arrival> queue_;
  size_t running_ = 0;
};

// A host's place within the second of its slot: [0, 1 s), from its id. Slots are whole seconds, and
// no two machines' schedulers call at the same instant of it.
absl::Duration WithinSecond(const trust::HostId& id);

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_ARRIVALS_H_
