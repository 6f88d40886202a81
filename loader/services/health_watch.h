// The rule of the probation, the same for every activation and in virtual time.

#ifndef MIG_LOADER_SERVICES_HEALTH_WATCH_H_
#define MIG_LOADER_SERVICES_HEALTH_WATCH_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/time_point.h"
#include "loader/services/agent_spec.h"
#include "loader/services/health.h"
#include "loader/services/probe.h"

namespace mig::loader {

// One process, by identity and not by number. One thread at a time.
class WatchedProcess {
 public:
  virtual ~WatchedProcess() = default;

  // Waits until it has ended (true), or until the deadline (false), in base::Event. A zombie has
  // ended.
  virtual bool EndedBefore(base::MonotonicTime deadline) = 0;

  // What it said of itself since it was started, by sd_notify's protocol.
  struct Said {
    enum class Ready {
      kNotAsked,  // nobody listened: it was started by another run, or the dictionary does not say
                  // so
      kNotYet,
      kReady,
    };
    Ready ready = Ready::kNotAsked;
    std::string status;  // STATUS=, escaped; with what was refused (notify_socket.h)
  };
  virtual Said HasSaid() { return {}; }

  // After EndedBefore said true: its exit status, 128 + n for signal n; nullopt where the system
  // tells only its parent, and that is not us.
  virtual std::optional<uint32_t> ExitStatus() = 0;
};

// How often the probe is asked, and how many times in a row it may fail after it has succeeded
// once: an agent that is busy for a moment is not bad, one that stays away for three questions is.
inline constexpr int kMostProbesInProbation = 20;
inline constexpr absl::Duration kLeastProbeInterval = absl::Milliseconds(100);
inline constexpr absl::Duration kLargestProbeInterval = absl::Seconds(10);
inline constexpr int kProbeFailuresThatCount = 3;

// Healthy iff, over `probation`, `process` does not end; it says READY=1, if it is listened to, and
// its probe, if there is one, succeeds for the first time, within spec.ready_timeout (or the
// probation, if that is shorter); then, asked once, it is of the expected version; after that the
// probe never fails kProbeFailuresThatCount times in a row, and has succeeded when last asked, at
// or after the end. Probation zero: all are asked once. Reads no file and no network. `output` of
// the result is empty.
Health WatchHealth(base::Clock& clock, Probe& probe, const AgentSpec& spec, WatchedProcess& process,
                   absl::Duration probation);

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_HEALTH_WATCH_H_
