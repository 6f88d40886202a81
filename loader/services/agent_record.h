// What a run leaves behind about the agent it started, so that the next run finds the right
// process.

#ifndef MIG_LOADER_SERVICES_AGENT_RECORD_H_
#define MIG_LOADER_SERVICES_AGENT_RECORD_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "loader/services/process_identity.h"

namespace mig::loader {

// Number and start time name a process within one boot, the boot id says which boot. The program's
// path would add nothing, and be wrong for scripts and for agents that execute themselves anew.
struct AgentRecord {
  ProcessIdentity process;
  std::string boot_id;
  std::string group;  // path of its own control group; empty: it has none

  friend bool operator==(const AgentRecord&, const AgentRecord&) = default;
};

inline constexpr size_t kMaxAgentRecordBytes = 4096;

// "mig-agent-process-2 PID START_TICKS BOOT_ID GROUP\n", where GROUP is "-" if there is none.
std::string EncodeAgentRecord(const AgentRecord& record);
// nullopt for anything else.
std::optional<AgentRecord> ParseAgentRecord(absl::string_view text);

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_AGENT_RECORD_H_
