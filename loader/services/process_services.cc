#include "loader/services/process_services.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/whole_file.h"
#include "loader/services/agent_family.h"
#include "loader/services/child_process.h"
#include "loader/services/output_text.h"
#include "loader/services/process_identity.h"
#include "loader/services/started_agent.h"
#include "loader/services/step_aside.h"

namespace mig::loader {

namespace {

constexpr uint64_t kMaxOutputFileBytes = base::kMiB;

}  // namespace

ProcessServices::ProcessServices(base::Clock& clock, base::FileSystem& disk, Probe& probe,
                                 absl::string_view state_directory, ControlGroups groups)
    : clock_(clock),
      disk_(disk),
      probe_(probe),
      records_path_(base::JoinPath(state_directory, "agents")),
      groups_(std::move(groups)) {}

absl::Status ProcessServices::Activate(const AgentSpec& spec) {
  MIG_RETURN_IF_ERROR(Stop(spec));
  return Launch(spec);
}

absl::Status ProcessServices::Start(const AgentSpec& spec) {
  if (Find(spec).has_value()) return absl::OkStatus();
  return Activate(spec);  // what the dead one left running is ended first
}

absl::Status ProcessServices::Stop(const AgentSpec& spec) {
  std::optional<Found> found = Find(spec);
  const std::optional<AgentRecord> record = ReadRecord(spec);
  std::optional<ControlGroup> left;
  if (record.has_value()) left = GroupOf(*record);
  if (found.has_value() || (left.has_value() && !left->IsEmpty())) {
    MIG_RETURN_IF_ERROR(EndFamily(spec, std::move(found), left));
  } else if (left.has_value()) {
    left->Remove();
  }
  ended_.erase(spec.product);
  notified_.erase(spec.product);
  if (!record.has_value()) return absl::OkStatus();
  // It was stopped, and did not die.
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::Directory> records, OpenRecords());
  return records->Unlink(RecordName(spec));
}

absl::StatusOr<AgentState> ProcessServices::State(const AgentSpec& spec) {
  CutOutput(spec);
  const std::optional<Found> found = Find(spec);
  if (!found.has_value()) {
    return AgentState{.run = AgentState::Run::kStopped, .died = ReadRecord(spec).has_value()};
  }
  return AgentState{.run = AgentState::Run::kRunning, .pid = found->process.identity().pid};
}

Health ProcessServices::Watch(const AgentSpec& spec, absl::Duration probation) {
  std::optional<Found> found = Find(spec);
  Health health;
  if (found.has_value()) {
    const auto notify = notified_.find(spec.product);
    StartedAgent agent(clock_, std::move(found->process),
                       notify == notified_.end() ? nullptr : notify->second.get());
    health = WatchHealth(clock_, probe_, spec, agent, probation);
    NewestRecord(spec);
  } else {
    health.code = v1::Refusal::EXIT;
    health.text = absl::StrCat("agent of ", spec.product, " does not run");
    if (const auto ended = ended_.find(spec.product); ended != ended_.end()) {
      health.exit_status = ended->second.exit_status;
      health.text =
          absl::StrCat("agent of ", spec.product, " ended with status ", ended->second.exit_status);
    }
  }
  if (!health.ok() && spec.max_output_bytes > 0) health.output = ReadOutput(spec);
  CutOutput(spec);
  return health;
}

// A look that lacked a descriptor, or memory, for a moment saw nobody, and a second agent would be
// started beside the first.
std::optional<ProcessServices::Found> ProcessServices::Find(const AgentSpec& spec) {
  std::optional<Found> found = LookFor(spec);
  return found.has_value() ? std::move(found) : LookFor(spec);
}

std::optional<ProcessServices::Found> ProcessServices::LookFor(const AgentSpec& spec) {
  if (spec.command.empty()) return std::nullopt;
  const std::optional<AgentRecord> record = NewestRecord(spec);
  if (!record.has_value()) return FindOther(spec, record);
  std::optional<ProcessHandle> process = ProcessHandle::Open(clock_, record->process);
  if (process.has_value()) {
    return Found{*std::move(process), Session::kOfAgent, GroupOf(*record)};
  }
  Reap(spec, *record);
  return FindOther(spec, record);
}

std::optional<ProcessServices::Found> ProcessServices::FindOther(
    const AgentSpec& spec, const std::optional<AgentRecord>& dead) {
  const std::string program = CanonicalProgram(spec.command[0]);
  std::vector<ProcessIdentity> others;
  if (!spec.pid_file.empty()) {
    const std::optional<ProcessIdentity> named = FindByPidFile(spec.pid_file, program);
    if (named.has_value()) others.push_back(*named);
  }
  if (others.empty()) {
    others = FindByProgram(program);
    std::erase_if(others, [&](const ProcessIdentity& one) { return IsLeftBy(dead, one.pid); });
  }
  for (const ProcessIdentity& identity : others) {
    std::optional<ProcessHandle> process = ProcessHandle::Open(clock_, identity);
    if (!process.has_value()) continue;
    return Found{*std::move(process), Session::kOfOthers,
                 groups_.OwnGroupOf(spec.product, identity.pid)};
  }
  return std::nullopt;
}

bool ProcessServices::IsLeftBy(const std::optional<AgentRecord>& dead, pid_t pid) const {
  if (!dead.has_value()) return false;
  const std::optional<ControlGroup> group = GroupOf(*dead);
  if (group.has_value()) return group->Has(pid);
  const std::optional<ProcessStat> stat = StatProcess(pid);
  return stat.has_value() && stat->session == dead->process.pid;
}

absl::Status ProcessServices::EndFamily(const AgentSpec& spec, std::optional<Found> found,
                                        std::optional<ControlGroup> left) {
  ProcessHandle* const main = found.has_value() ? &found->process : nullptr;
  const std::optional<ControlGroup> group =
      found.has_value() && found->group.has_value() ? found->group : std::move(left);
  const std::string told = StepAsideOf(groups_, main == nullptr ? 0 : main->identity().pid, group);
  if (!told.empty()) remarks_.push_back(told);
  const bool is_ours = found.has_value() && found->session == Session::kOfAgent;
  return AgentFamily(clock_, group, is_ours ? main : nullptr).End(main, spec.stop_timeout);
}

void ProcessServices::Reap(const AgentSpec& spec, const AgentRecord& record) {
  const std::optional<ProcessStat> stat = StatProcess(record.process.pid);
  if (!stat.has_value() || stat->identity != record.process || stat->parent != getpid()) return;
  std::optional<ProcessHandle> child = ProcessHandle::OfChild(clock_, record.process.pid);
  if (!child.has_value()) return;
  const std::optional<uint32_t> status = child->ExitStatus();
  if (status.has_value()) ended_.insert_or_assign(spec.product, Ended{record.process, *status});
}

absl::Status ProcessServices::Launch(const AgentSpec& spec) {
  ended_.erase(spec.product);
  notified_.erase(spec.product);
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::Directory> records, OpenRecords());
  ChildSurroundings surroundings;
  UniqueFd output, entrance;
  if (spec.max_output_bytes > 0) {
    MIG_ASSIGN_OR_RETURN(output, OpenOutput(spec));
    surroundings.output = output.get();
  }
  std::unique_ptr<NotifySocket> notify;
  if (spec.notifies) {
    MIG_ASSIGN_OR_RETURN(notify, NotifySocket::Make(clock_));
    surroundings.notify_socket = notify->address();
  }
  std::optional<ControlGroup> group = MakeGroup(spec, *records);
  if (group.has_value()) {
    entrance = group->OpenEntrance().value_or(UniqueFd());
    surroundings.group_entrance = entrance.get();
  }
  const absl::StatusOr<pid_t> started = StartChild(spec.command, surroundings);
  if (!started.ok()) {
    if (group.has_value()) group->Remove();
    return started.status();
  }
  const pid_t pid = *started;

  const std::optional<ProcessStat> stat = StatProcess(pid);  // not reaped yet, so it is there
  if (!stat.has_value()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "agent of ", spec.product, " was started as process ", pid, ", which /proc does not show"));
  }
  AgentRecord record{
      .process = stat->identity, .boot_id = std::string(clock_.BootId()), .group = ""};
  if (group.has_value() && group->Has(pid)) record.group = group->path();
  if (notify != nullptr) {
    notify->SetMain(stat->identity, [group, session = pid](const ProcessIdentity& named) {
      if (group.has_value() && group->Has(named.pid)) return true;
      const std::optional<ProcessStat> of_it = StatProcess(named.pid);
      return of_it.has_value() && of_it->identity == named && of_it->session == session;
    });
    notified_.insert_or_assign(spec.product, std::move(notify));
  }
  // A kill just before this leaves an agent without a record: the next run finds it by program.
  return WriteRecord(spec, record);
}

// nullopt: there is none, which was told.
std::optional<ControlGroup> ProcessServices::MakeGroup(const AgentSpec& spec,
                                                       base::Directory& records) {
  absl::StatusOr<ControlGroup> made = groups_.Make(spec.product);
  const std::string told = spec.product + ".no-group";
  if (made.ok()) {
    records.Unlink(told).IgnoreError();
    return *std::move(made);
  }
  if (records.Stat(told).ok()) return std::nullopt;
  remarks_.push_back(absl::StrCat("agent of ", spec.product, " has no control group of its own (",
                                  made.status().message(),
                                  "): a process that it forks into another session does not end "
                                  "with it"));
  base::WriteDurably(records, told, "", 0600).IgnoreError();  // then it is told once more
  return std::nullopt;
}

std::optional<ControlGroup> ProcessServices::GroupOf(const AgentRecord& record) const {
  if (record.group.empty()) return std::nullopt;
  return groups_.At(record.group);
}

absl::StatusOr<std::unique_ptr<base::Directory>> ProcessServices::OpenRecords() {
  return base::MakeDirs(disk_, records_path_, 0700);
}

std::optional<AgentRecord> ProcessServices::ReadRecord(const AgentSpec& spec) {
  const absl::StatusOr<std::string> text =
      base::ReadWhole(disk_, base::JoinPath(records_path_, RecordName(spec)), kMaxAgentRecordBytes);
  // Missing, damaged or of a boot long ago: the agent is looked for by its program instead.
  if (!text.ok()) return std::nullopt;
  std::optional<AgentRecord> record = ParseAgentRecord(*text);
  if (record.has_value() && record->boot_id != clock_.BootId()) return std::nullopt;
  return record;
}

absl::Status ProcessServices::WriteRecord(const AgentSpec& spec, const AgentRecord& record) {
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::Directory> records, OpenRecords());
  return base::WriteDurably(*records, RecordName(spec), EncodeAgentRecord(record), 0600);
}

std::optional<AgentRecord> ProcessServices::NewestRecord(const AgentSpec& spec) {
  std::optional<AgentRecord> record = ReadRecord(spec);
  const auto notify = notified_.find(spec.product);
  if (!record.has_value() || notify == notified_.end()) return record;
  const std::optional<ProcessIdentity> main = notify->second->SaidUntilNow().main;
  if (!main.has_value() || *main == record->process) return record;
  record->process = *main;
  // A run that does not know it looks for the agent by its program.
  WriteRecord(spec, *record).IgnoreError();
  return record;
}

absl::StatusOr<UniqueFd> ProcessServices::OpenOutput(const AgentSpec& spec) {
  const std::string path = base::JoinPath(records_path_, OutputName(spec));
  unlink(path.c_str());  // the old agent keeps its own file
  UniqueFd fd(
      open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.ok()) {
    return absl::FailedPreconditionError(absl::StrCat("cannot make ", path,
                                                      " for the output of the agent of ",
                                                      spec.product, ": ", strerror(errno)));
  }
  return fd;
}

std::string ProcessServices::ReadOutput(const AgentSpec& spec) {
  const absl::StatusOr<std::unique_ptr<base::Directory>> records = disk_.OpenRoot(records_path_);
  if (!records.ok()) return "";
  const absl::StatusOr<std::unique_ptr<base::File>> file = (*records)->OpenRead(OutputName(spec));
  if (!file.ok()) return "";
  const absl::StatusOr<base::FileStat> stat = (*file)->Stat();
  if (!stat.ok()) return "";

  const uint64_t wanted = std::min<uint64_t>(spec.max_output_bytes, base::kMaxAgentOutputBytes);
  const uint64_t size = std::min(stat->size_bytes, wanted);
  std::string bytes(size, '\0');
  const absl::StatusOr<size_t> count =
      (*file)->ReadAt(stat->size_bytes - size, {bytes.data(), bytes.size()});
  bytes.resize(count.value_or(0));
  return OutputTail(bytes, wanted);
}

void ProcessServices::CutOutput(const AgentSpec& spec) {
  const absl::StatusOr<std::unique_ptr<base::Directory>> records = disk_.OpenRoot(records_path_);
  if (!records.ok()) return;
  const absl::StatusOr<base::FileStat> stat = (*records)->Stat(OutputName(spec));
  if (!stat.ok() || stat->size_bytes <= kMaxOutputFileBytes) return;
  const absl::StatusOr<std::unique_ptr<base::File>> file =
      (*records)->OpenReadWrite(OutputName(spec));
  if (file.ok()) (*file)->Truncate(0).IgnoreError();  // the agent appends, so it goes on at 0
}

}  // namespace mig::loader
