// A loader that the agent itself started must not end with it (ADVERSARY 133).

#ifndef MIG_LOADER_SERVICES_STEP_ASIDE_H_
#define MIG_LOADER_SERVICES_STEP_ASIDE_H_

#include <sys/types.h>

#include <optional>
#include <string>

#include "loader/services/control_group.h"

namespace mig::loader {

// Before the agent is ended: leaves the session and process group that `agent` leads (0: none), and
// its control group: `group`, else the one that it is in. Returns what to tell people: empty, or
// that it cannot be left, so that whatever ends the group ends this run too.
std::string StepAsideOf(const ControlGroups& groups, pid_t agent,
                        const std::optional<ControlGroup>& group);

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_STEP_ASIDE_H_
