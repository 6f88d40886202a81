// The agent's service, as a seam (DESIGN.md 3): start, stop, state, health. Real:
// process_services.h, self_installing_services.h, no_services.h, and services_by_activation.h,
// which picks one of them. Stand-in, in virtual time: testing/scripted_services.h.

#ifndef MIG_LOADER_SERVICES_SERVICES_H_
#define MIG_LOADER_SERVICES_SERVICES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "loader/services/agent_spec.h"
#include "loader/services/health.h"

namespace mig::loader {

struct AgentState {
  enum class Run {
    kNoAgent,  // activation none: there is nothing to run
    kStopped,  // no process; a zombie is none
    kRunning,
  };
  Run run = Run::kStopped;
  int64_t pid = 0;    // if running and a real process; for messages
  bool died = false;  // if stopped: it was started in this boot, and nobody here stopped it
};

// One thread at a time. Blocks only in base::Event and base::Clock, each wait with a bound.
//
// Errors of all methods:
//   FailedPrecondition  the program cannot be started, the install command failed, or it is not
//                       clear which process is the agent; names program and reason
//   DeadlineExceeded    not started, or not gone, in time; names the process
//   PermissionDenied    the system does not let this process
// None of them says anything about the release: Watch does.
class Services {
 public:
  virtual ~Services() = default;

  // Makes the agent that the files on disk are now run, in place of one that runs: installs its
  // service where it is the agent's own business, ends the old process, starts the new one. On
  // success the old process is gone and the new one was started (it may have ended since: Watch).
  virtual absl::Status Activate(const AgentSpec& spec) = 0;

  // Starts the agent if it does not run; what runs is left alone. For boots and finished journals.
  virtual absl::Status Start(const AgentSpec& spec) = 0;

  // Ends the agent's process: SIGTERM, then SIGKILL after stop_timeout; where this loader started
  // it, what it forked too (agent_family.h). Ok if none runs. Another process is never signalled,
  // whatever its number (process_identity.h), nor this one, even if the agent itself started it.
  virtual absl::Status Stop(const AgentSpec& spec) = 0;

  // For dictionaries that want the agent held while files are replaced: ends it, and it is not
  // started before Activate or Start. (No agent of a held set ever runs a mix.)
  virtual absl::Status Hold(const AgentSpec& spec) = 0;

  virtual absl::StatusOr<AgentState> State(const AgentSpec& spec) = 0;

  // Watches the agent that runs now for `probation`: its process must stay the same one, and its
  // probe must succeed within ready_timeout, then all along and at the end (health_watch.h has the
  // rule). Zero: asked once, now. Returns early when it is clear that it is not well. Local facts
  // only: the network being away changes nothing (ADVERSARY.md 129). Activation none: healthy.
  virtual Health Watch(const AgentSpec& spec, absl::Duration probation) = 0;

  // What people should know of how agents are run here, each once: lines, which the caller takes.
  virtual std::vector<std::string> TakeRemarks() { return {}; }
};

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_SERVICES_H_
