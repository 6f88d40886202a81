#include "loader/services/process_identity.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <memory>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "loader/services/pidfd.h"

namespace mig::loader {

namespace {

std::optional<std::string> ReadSmall(const std::string& path, size_t max_bytes) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.ok()) return std::nullopt;
  std::string bytes(max_bytes, '\0');
  const ssize_t count = read(fd.get(), bytes.data(), bytes.size());
  if (count < 0) return std::nullopt;
  bytes.resize(static_cast<size_t>(count));
  return bytes;
}

// Empty if it cannot be read: the process is gone, a kernel thread, or not ours to see.
std::string LinkTarget(const std::string& path) {
  std::string target(PATH_MAX, '\0');
  const ssize_t count = readlink(path.c_str(), target.data(), target.size());
  if (count <= 0) return "";
  target.resize(static_cast<size_t>(count));
  return target;
}

std::string ProgramOf(pid_t pid) {
  const std::string program = LinkTarget(absl::StrCat("/proc/", pid, "/exe"));
  return std::string(absl::StripSuffix(program, " (deleted)"));
}

// Of a container's process the kernel tells a path of the container's own file system.
bool IsInOurNamespace(pid_t pid) {
  return LinkTarget(absl::StrCat("/proc/", pid, "/ns/pid")) == LinkTarget("/proc/self/ns/pid");
}

bool Runs(pid_t pid, const std::string& program) {
  return pid != getpid() && ProgramOf(pid) == program && IsInOurNamespace(pid);
}

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

// Empty if there is no such file.
std::string Resolved(const std::string& path) {
  const std::unique_ptr<char, decltype(&free)> resolved(realpath(path.c_str(), nullptr), free);
  return resolved == nullptr ? "" : resolved.get();
}

// Those that `wanted` takes, in no order.
template <typename Wanted>
std::vector<ProcessStat> Running(const Wanted& wanted) {
  const std::unique_ptr<DIR, CloseDirectory> proc(opendir("/proc"));
  if (proc == nullptr) return {};
  std::vector<ProcessStat> found;
  while (const dirent* entry = readdir(proc.get())) {
    pid_t pid = 0;
    if (!absl::SimpleAtoi(entry->d_name, &pid) || !wanted(pid)) continue;
    const std::optional<ProcessStat> stat = StatProcess(pid);
    if (stat.has_value() && !stat->zombie) found.push_back(*stat);
  }
  return found;
}

}  // namespace

absl::StatusOr<ProcessStat> ParseProcessStat(absl::string_view text) {
  constexpr size_t kFieldsAfterName = 20;  // state (3) to starttime (22)
  const size_t open = text.find(" (");
  const size_t close = text.rfind(") ");
  ProcessStat stat;
  if (open != text.npos && close != text.npos && open < close &&
      absl::SimpleAtoi(text.substr(0, open), &stat.identity.pid)) {
    const std::vector<absl::string_view> fields =
        absl::StrSplit(text.substr(close + 2), absl::MaxSplits(' ', kFieldsAfterName));
    if (fields.size() > kFieldsAfterName && fields[0].size() == 1 &&
        absl::SimpleAtoi(fields[1], &stat.parent) && absl::SimpleAtoi(fields[3], &stat.session) &&
        absl::SimpleAtoi(fields[19], &stat.identity.start_ticks)) {
      stat.zombie = fields[0] == "Z" || fields[0] == "X";
      return stat;
    }
  }
  return absl::DataLossError("not a line of /proc/PID/stat");
}

std::optional<ProcessStat> StatProcess(pid_t pid) {
  const std::optional<std::string> text = ReadSmall(absl::StrCat("/proc/", pid, "/stat"), 4096);
  if (!text.has_value()) return std::nullopt;
  const absl::StatusOr<ProcessStat> stat = ParseProcessStat(*text);
  if (!stat.ok()) return std::nullopt;
  return *stat;
}

std::optional<UniqueFd> OpenProcess(const ProcessIdentity& identity) {
  UniqueFd fd = PidfdOpen(identity.pid);
  if (!fd.ok()) return std::nullopt;
  // Looked at after the handle was taken: if the number is still that process's now, so is fd.
  const std::optional<ProcessStat> stat = StatProcess(identity.pid);
  if (!stat.has_value() || stat->identity != identity || stat->zombie) return std::nullopt;
  return fd;
}

std::string CanonicalProgram(const std::string& path) {
  const std::string whole = Resolved(path);
  if (!whole.empty()) return whole;
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return path;
  const std::string parent = Resolved(slash == 0 ? "/" : path.substr(0, slash));
  if (parent.empty()) return path;
  return absl::StrCat(parent == "/" ? "" : parent, "/", path.substr(slash + 1));
}

std::vector<ProcessIdentity> FindBySession(pid_t session) {
  std::vector<ProcessIdentity> members;
  for (const ProcessStat& stat : Running([](pid_t) { return true; })) {
    if (stat.session == session) members.push_back(stat.identity);
  }
  return members;
}

std::vector<ProcessIdentity> FindByProgram(const std::string& program) {
  std::vector<ProcessStat> found = Running([&](pid_t pid) { return Runs(pid, program); });
  std::sort(found.begin(), found.end(), [](const ProcessStat& a, const ProcessStat& b) {
    return std::pair(a.identity.start_ticks, a.identity.pid) <
           std::pair(b.identity.start_ticks, b.identity.pid);
  });

  std::set<pid_t> pids;
  for (const ProcessStat& stat : found) pids.insert(stat.identity.pid);
  std::vector<ProcessIdentity> roots;
  for (const ProcessStat& stat : found) {
    if (!pids.contains(stat.parent)) roots.push_back(stat.identity);
  }
  return roots;
}

std::optional<ProcessIdentity> FindByPidFile(const std::string& pid_file,
                                             const std::string& program) {
  const std::optional<std::string> text = ReadSmall(pid_file, 32);
  pid_t pid = 0;
  if (!text.has_value() || !absl::SimpleAtoi(absl::StripAsciiWhitespace(*text), &pid) || pid <= 1) {
    return std::nullopt;
  }
  if (!Runs(pid, program)) return std::nullopt;
  const std::optional<ProcessStat> stat = StatProcess(pid);
  if (!stat.has_value() || stat->zombie) return std::nullopt;
  return stat->identity;
}

}  // namespace mig::loader
