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
#include "loader/services/child_process.h"
#include "loader/services/output_text.h"
#include "loader/services/process_identity.h"

namespace mig::loader {

namespace {

constexpr uint64_t kMaxOutputFileBytes = base::kMiB;

}  // namespace

ProcessServices::ProcessServices(base::Clock& clock, base::FileSystem& disk, Probe& probe,
                                 absl::string_view state_directory)
    : clock_(clock),
      disk_(disk),
      probe_(probe),
      records_path_(base::JoinPath(state_directory, "agents")) {}

absl::Status ProcessServices::Activate(const AgentSpec& spec) {
  MIG_RETURN_IF_ERROR(Stop(spec));
  return Launch(spec);
}

absl::Status ProcessServices::Start(const AgentSpec& spec) {
  if (Find(spec).has_value()) return absl::OkStatus();
  return Launch(spec);
}

absl::Status ProcessServices::Stop(const AgentSpec& spec) {
  std::optional<Found> found = Find(spec);
  if (!found.has_value()) return absl::OkStatus();
  MIG_RETURN_IF_ERROR(found->process.End(spec.stop_timeout, found->reach));
  ended_.erase(spec.product);
  return absl::OkStatus();
}

absl::StatusOr<AgentState> ProcessServices::State(const AgentSpec& spec) {
  CutOutput(spec);
  const std::optional<Found> found = Find(spec);
  if (!found.has_value()) return AgentState{.run = AgentState::Run::kStopped};
  return AgentState{.run = AgentState::Run::kRunning, .pid = found->process.identity().pid};
}

Health ProcessServices::Watch(const AgentSpec& spec, absl::Duration probation) {
  std::optional<Found> found = Find(spec);
  Health health;
  if (found.has_value()) {
    health = WatchHealth(clock_, probe_, spec, found->process, probation);
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
  const std::optional<AgentRecord> record = ReadRecord(spec);
  if (record.has_value() && record->boot_id == clock_.BootId()) {
    std::optional<ProcessHandle> process = ProcessHandle::Open(clock_, record->process);
    if (process.has_value()) {
      return Found{*std::move(process), ProcessHandle::Reach::kWholeSession};
    }
    Reap(spec, *record);
  }

  const std::string program = CanonicalProgram(spec.command[0]);
  std::vector<ProcessIdentity> others;
  if (!spec.pid_file.empty()) {
    const std::optional<ProcessIdentity> named = FindByPidFile(spec.pid_file, program);
    if (named.has_value()) others.push_back(*named);
  }
  if (others.empty()) others = FindByProgram(program);
  for (const ProcessIdentity& identity : others) {
    std::optional<ProcessHandle> process = ProcessHandle::Open(clock_, identity);
    if (process.has_value()) return Found{*std::move(process), ProcessHandle::Reach::kProcess};
  }
  return std::nullopt;
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
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::Directory> records, OpenRecords());
  UniqueFd output;
  if (spec.max_output_bytes > 0) {
    MIG_ASSIGN_OR_RETURN(output, OpenOutput(spec));
  }
  MIG_ASSIGN_OR_RETURN(const pid_t pid, StartChild(spec.command, output.get()));

  const std::optional<ProcessStat> stat = StatProcess(pid);  // not reaped yet, so it is there
  if (!stat.has_value()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "agent of ", spec.product, " was started as process ", pid, ", which /proc does not show"));
  }
  // A kill just before this leaves an agent without a record: the next run finds it by program.
  return base::WriteDurably(
      *records, RecordName(spec),
      EncodeAgentRecord({.process = stat->identity, .boot_id = clock_.BootId()}), 0600);
}

absl::StatusOr<std::unique_ptr<base::Directory>> ProcessServices::OpenRecords() {
  return base::MakeDirs(disk_, records_path_, 0700);
}

std::optional<AgentRecord> ProcessServices::ReadRecord(const AgentSpec& spec) {
  const absl::StatusOr<std::string> text =
      base::ReadWhole(disk_, base::JoinPath(records_path_, RecordName(spec)), kMaxAgentRecordBytes);
  // Missing, damaged or of a boot long ago: the agent is looked for by its program instead.
  if (!text.ok()) return std::nullopt;
  return ParseAgentRecord(*text);
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
