// Activation `process`: the loader starts the agent itself, and the agent outlives it.

#ifndef MIG_LOADER_SERVICES_PROCESS_SERVICES_H_
#define MIG_LOADER_SERVICES_PROCESS_SERVICES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "loader/services/agent_record.h"
#include "loader/services/control_group.h"
#include "loader/services/notify_socket.h"
#include "loader/services/probe.h"
#include "loader/services/process_handle.h"
#include "loader/services/services.h"
#include "loader/services/unique_fd.h"

namespace mig::loader {

// Starts an agent in a session of its own: no terminal, no signal of the loader's process group, no
// descriptor, variable, umask or working directory of the loader reaches it (its environment is
// PATH, HOME=/ and LANG only). It must stay in the foreground: a command that forks and ends has
// ended. What it writes is thrown away, or kept in a file of the state directory that each run
// cuts at 1 MiB, if the dictionary asks for output.
//
// It is remembered in STATE/agents/PRODUCT by number, start time and boot id, so that a later run
// finds that very process and never another one that got its number. Without a record that fits
// (an agent that somebody else started) the process of the pid file counts, else the oldest one
// that runs command[0], unless the agent of the record forked it.
//
// It gets a control group of its own where the system has such and lets us (control_group.h), so
// that all it forks ends with it; else that is told, once, and its session stands in. A loader that
// the agent itself started leaves group and session of the agent before it ends it (ADVERSARY 133).
// With `notifies` it is listened to as systemd would (notify_socket.h), by the run that started it.
//
// Processes that end as our children are reaped here. Under systemd the loader's own unit needs
// KillMode=process, else the agent is ended with it; and Delegate=yes, since its group has others
// below it.
class ProcessServices : public Services {
 public:
  // All are borrowed. `state_directory`: absolute, exists, ours alone; on this machine's disk,
  // which `disk` shows.
  ProcessServices(base::Clock& clock, base::FileSystem& disk, Probe& probe,
                  absl::string_view state_directory)
      : ProcessServices(clock, disk, probe, state_directory,
                        ControlGroups::OfThisMachine(state_directory)) {}
  ProcessServices(base::Clock& clock, base::FileSystem& disk, Probe& probe,
                  absl::string_view state_directory, ControlGroups groups);

  absl::Status Activate(const AgentSpec& spec) override;
  absl::Status Start(const AgentSpec& spec) override;
  absl::Status Stop(const AgentSpec& spec) override;
  absl::Status Hold(const AgentSpec& spec) override { return Stop(spec); }
  absl::StatusOr<AgentState> State(const AgentSpec& spec) override;
  Health Watch(const AgentSpec& spec, absl::Duration probation) override;
  std::vector<std::string> TakeRemarks() override { return std::exchange(remarks_, {}); }

 private:
  // How a child ended, for a Watch that comes after it was reaped.
  struct Ended {
    ProcessIdentity process;
    uint32_t exit_status;
  };
  // Whose session it is in: ours to end iff we made it.
  enum class Session { kOfAgent, kOfOthers };
  struct Found {
    ProcessHandle process;
    Session session;
    std::optional<ControlGroup> group;  // of its own
  };

  std::string RecordName(const AgentSpec& spec) const { return spec.product; }
  std::string OutputName(const AgentSpec& spec) const { return spec.product + ".output"; }
  absl::StatusOr<std::unique_ptr<base::Directory>> OpenRecords();
  // Of this boot; nullopt: none.
  std::optional<AgentRecord> ReadRecord(const AgentSpec& spec);
  absl::Status WriteRecord(const AgentSpec& spec, const AgentRecord& record);
  // What the agent has said of its main process since, is in its record then.
  std::optional<AgentRecord> NewestRecord(const AgentSpec& spec);
  std::optional<Found> Find(const AgentSpec& spec);
  std::optional<Found> LookFor(const AgentSpec& spec);
  // By pid file or program. What `dead`, which we started, has forked is not the agent, though it
  // may run the same program.
  std::optional<Found> FindOther(const AgentSpec& spec, const std::optional<AgentRecord>& dead);
  bool IsLeftBy(const std::optional<AgentRecord>& dead, pid_t pid) const;
  std::optional<ControlGroup> GroupOf(const AgentRecord& record) const;
  absl::Status EndFamily(const AgentSpec& spec, std::optional<Found> found,
                         std::optional<ControlGroup> left);
  std::optional<ControlGroup> MakeGroup(const AgentSpec& spec, base::Directory& records);
  void Reap(const AgentSpec& spec, const AgentRecord& record);
  absl::StatusOr<UniqueFd> OpenOutput(const AgentSpec& spec);
  std::string ReadOutput(const AgentSpec& spec);
  void CutOutput(const AgentSpec& spec);
  absl::Status Launch(const AgentSpec& spec);

  base::Clock& clock_;
  base::FileSystem& disk_;
  Probe& probe_;
  const std::string records_path_;  // STATE/agents
  const ControlGroups groups_;
  // By product.
  std::map<std::string, Ended> ended_;
  std::map<std::string, std::unique_ptr<NotifySocket>> notified_;
  std::vector<std::string> remarks_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_PROCESS_SERVICES_H_
