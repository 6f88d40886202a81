// All processes of an agent: its main one, and whatever that forked. They are ended together.

#ifndef MIG_LOADER_SERVICES_AGENT_FAMILY_H_
#define MIG_LOADER_SERVICES_AGENT_FAMILY_H_

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "loader/services/control_group.h"
#include "loader/services/process_handle.h"

namespace mig::loader {

// One thread at a time; the clock is borrowed.
class AgentFamily {
 public:
  // By `group` if it has one of its own. Else by the session of `one` (null: that is not the
  // agent's alone): a process that made a session of its own is then not found.
  AgentFamily(base::Clock& clock, std::optional<ControlGroup> group, const ProcessHandle* one);

  // Ends `main` (null: it has ended already): SIGTERM, SIGKILL after `patience`. Then the others:
  // SIGTERM, and SIGKILL when `patience`, from the beginning, is over. This process is never among
  // them. DeadlineExceeded, PermissionDenied as ProcessHandle::End.
  absl::Status End(ProcessHandle* main, absl::Duration patience);

 private:
  bool AllEnded();
  void SignalAll(int number);
  absl::Status EndOthers(base::MonotonicTime deadline);

  base::Clock& clock_;
  std::optional<ControlGroup> group_;
  std::vector<ProcessHandle> session_;  // without main and this process
};

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_AGENT_FAMILY_H_
