#include "loader/services/step_aside.h"

#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mig::loader {

std::string StepAsideOf(const ControlGroups& groups, pid_t agent,
                        const std::optional<ControlGroup>& group) {
  // It fails for one that leads a group of its own already, which no signal to the agent's reaches.
  if (agent > 0 && (getsid(0) == agent || getpgrp() == agent)) setsid();
  std::optional<std::string> path;
  if (group.has_value()) {
    path = group->path();
  } else if (agent > 0) {
    path = GroupPathOf(agent);
  }
  if (!path.has_value()) return "";
  const absl::Status left = groups.StepOutOf(*path);
  if (left.ok()) return "";
  return absl::StrCat("this loader was started by the agent and cannot leave its control group (",
                      left.message(),
                      "): what ends that group ends this run too, and the next one goes on");
}

}  // namespace mig::loader
