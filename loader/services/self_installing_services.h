// Activation `self-installing`: a command of the host's dictionary makes the agent install its own
// service and end its old process, as the original agent does.

#ifndef MIG_LOADER_SERVICES_SELF_INSTALLING_SERVICES_H_
#define MIG_LOADER_SERVICES_SELF_INSTALLING_SERVICES_H_

#include <sys/types.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "loader/services/control_group.h"
#include "loader/services/probe.h"
#include "loader/services/process_identity.h"
#include "loader/services/services.h"

namespace mig::loader {

// Activate runs `install`, bounded in time and output, in a session of its own with a clean
// environment, and then waits until a process of command[0] (or of the pid file) is up that was not
// there before, and the old one is gone; Watch knows it from one that its supervisor started after
// it had ended. A loader that the agent itself started leaves the agent's control group and session
// first (ADVERSARY 133). Start does the same if no agent runs. Stop ends the
// process; a supervisor that the agent's service has may start it again.
class SelfInstallingServices : public Services {
 public:
  // Both are borrowed.
  SelfInstallingServices(base::Clock& clock, Probe& probe)
      : clock_(clock), probe_(probe), groups_(ControlGroups::OfThisMachine("")) {}

  absl::Status Activate(const AgentSpec& spec) override;
  absl::Status Start(const AgentSpec& spec) override;
  absl::Status Stop(const AgentSpec& spec) override;
  absl::Status Hold(const AgentSpec& spec) override { return Stop(spec); }
  absl::StatusOr<AgentState> State(const AgentSpec& spec) override;
  Health Watch(const AgentSpec& spec, absl::Duration probation) override;
  std::vector<std::string> TakeRemarks() override { return std::exchange(remarks_, {}); }

 private:
  void StepAside(pid_t agent);

  base::Clock& clock_;
  Probe& probe_;
  const ControlGroups groups_;
  std::map<std::string, ProcessIdentity> up_;  // what came up by the last Activate, by product
  std::set<std::string> stopped_;              // products whose agent was stopped here
  std::vector<std::string> remarks_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_SELF_INSTALLING_SERVICES_H_
