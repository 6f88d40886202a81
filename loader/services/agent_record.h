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

  friend bool operator==(const AgentRecord&, const AgentRecord&) = default;
};

inline constexpr size_t kMaxAgentRecordBytes = 256;

// "mig-agent-process-1 PID START_TICKS BOOT_ID\n"
std::string EncodeAgentRecord(const AgentRecord& record);
// nullopt for anything else.
std::optional<AgentRecord> ParseAgentRecord(absl::string_view text);

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_AGENT_RECORD_H_
