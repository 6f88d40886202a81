#include "loader/services/control_group.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/sha256.h"
#include "loader/services/pidfd.h"

namespace mig::loader {

namespace {

constexpr absl::string_view kAgentPrefix = "mig-agent-";
constexpr absl::string_view kOurLeaf = "mig-loader";
constexpr size_t kMaxSmallFileBytes = 64 * 1024;
constexpr size_t kMaxMembers = 4096;
constexpr int kMaxDepth = 8;  // of groups that an agent made below its own

std::optional<std::string> ReadSmall(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.ok()) return std::nullopt;
  std::string text;
  char buffer[4096];
  ssize_t count;
  while (text.size() < kMaxSmallFileBytes && (count = read(fd.get(), buffer, sizeof(buffer))) > 0) {
    text.append(buffer, static_cast<size_t>(count));
  }
  return text;
}

absl::Status WriteTo(const std::string& path, absl::string_view text) {
  const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (fd.ok() && write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(absl::StrCat(path, ": ", strerror(errno)));
}

// Where version 2 is mounted; empty: nowhere.
std::string MountOf(const std::string& mounts) {
  for (const absl::string_view line : absl::StrSplit(mounts, '\n')) {
    const std::vector<absl::string_view> sides = absl::StrSplit(line, absl::MaxSplits(" - ", 1));
    if (sides.size() != 2 || !absl::StartsWith(sides[1], "cgroup2 ")) continue;
    const std::vector<absl::string_view> fields = absl::StrSplit(sides[0], ' ');
    // Escaped names (a blank in the path) are nothing that anybody has.
    if (fields.size() > 4 && !absl::StrContains(fields[4], '\\')) return std::string(fields[4]);
  }
  return "";
}

std::string ParentOf(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == absl::string_view::npos || slash == 0 ? "/" : std::string(path.substr(0, slash));
}

std::string Below(absl::string_view path, absl::string_view name) {
  return absl::StrCat(path == "/" ? "" : path, "/", name);
}

// Without an agent's own group and what is below it: where its loader was.
std::string OutsideOfAgents(absl::string_view path) {
  std::string outside;
  for (const absl::string_view name : absl::StrSplit(path, '/', absl::SkipEmpty())) {
    if (absl::StartsWith(name, kAgentPrefix)) break;
    absl::StrAppend(&outside, "/", name);
  }
  return outside.empty() ? "/" : outside;
}

bool IsIn(absl::string_view path, absl::string_view group) {
  if (!absl::ConsumePrefix(&path, group)) return false;
  return path.empty() || path[0] == '/' || group == "/";
}

std::vector<std::string> DirectoriesIn(const std::string& path) {
  std::vector<std::string> names;
  DIR* const directory = opendir(path.c_str());
  if (directory == nullptr) return names;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  closedir(directory);
  return names;
}

void RemoveTree(const std::string& path, int depth) {
  if (depth > 0) {
    for (const std::string& name : DirectoriesIn(path)) {
      RemoveTree(absl::StrCat(path, "/", name), depth - 1);
    }
  }
  rmdir(path.c_str());
}

}  // namespace

std::optional<std::string> GroupPathOf(pid_t pid) {
  const std::optional<std::string> text = ReadSmall(absl::StrCat("/proc/", pid, "/cgroup"));
  if (!text.has_value()) return std::nullopt;
  for (absl::string_view line : absl::StrSplit(*text, '\n')) {
    if (absl::ConsumePrefix(&line, "0::")) return std::string(line);
  }
  return std::nullopt;
}

std::string ControlGroup::FileOf(absl::string_view name) const {
  return absl::StrCat(mount_, path_ == "/" ? "" : path_, "/", name);
}

bool ControlGroup::Has(pid_t pid) const {
  const std::optional<std::string> path = GroupPathOf(pid);
  return path.has_value() && IsIn(*path, path_);
}

std::vector<pid_t> ControlGroup::Members() const {
  std::vector<pid_t> members;
  const std::optional<std::string> text = ReadSmall(FileOf("cgroup.procs"));
  if (!text.has_value()) return members;
  for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
    pid_t pid = 0;
    if (absl::SimpleAtoi(line, &pid) && pid > 0) members.push_back(pid);
    if (members.size() == kMaxMembers) break;
  }
  return members;
}

bool ControlGroup::IsEmpty() const {
  const std::optional<std::string> events = ReadSmall(FileOf("cgroup.events"));
  return !events.has_value() || absl::StrContains(*events, "populated 0");
}

absl::StatusOr<UniqueFd> ControlGroup::OpenEntrance() const {
  UniqueFd fd(open(FileOf("cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  if (fd.ok()) return fd;
  return absl::UnavailableError(absl::StrCat(FileOf("cgroup.procs"), ": ", strerror(errno)));
}

absl::Status ControlGroup::Kill() const {
  const absl::Status killed = WriteTo(FileOf("cgroup.kill"), "1");
  if (killed.ok() || IsEmpty()) return absl::OkStatus();
  for (const pid_t pid : Members()) {
    const UniqueFd process = PidfdOpen(pid);
    // Asked after the handle was taken: the number is still that of a member.
    if (process.ok() && Has(pid)) PidfdSendSignal(process, SIGKILL);
  }
  return absl::OkStatus();
}

void ControlGroup::Remove() const { RemoveTree(absl::StrCat(mount_, path_), kMaxDepth); }

ControlGroups ControlGroups::OfThisMachine(absl::string_view state_directory) {
  std::string key(state_directory);
  struct stat directory;
  if (stat(key.c_str(), &directory) == 0) {
    absl::StrAppend(&key, "\n", directory.st_dev, " ", directory.st_ino);
  }
  return ControlGroups(MountOf(ReadSmall("/proc/self/mountinfo").value_or("")),
                       GroupPathOf(getpid()).value_or("/"),
                       base::Sha256Of(key).ToHex().substr(0, 8));
}

absl::StatusOr<ControlGroup> ControlGroups::Make(absl::string_view product) const {
  if (mount_.empty()) return absl::UnavailableError("cgroups v2 are not mounted");
  const std::string base = OutsideOfAgents(own_);
  // What a loader that had to step aside left, now empty.
  rmdir(absl::StrCat(mount_, Below(base, kOurLeaf)).c_str());
  ControlGroup group(mount_, Below(base, GroupName(product)));
  const std::string directory = absl::StrCat(mount_, group.path());
  if (mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) {
    return absl::UnavailableError(absl::StrCat(directory, ": ", strerror(errno)));
  }
  return group;
}

std::optional<ControlGroup> ControlGroups::OwnGroupOf(absl::string_view product, pid_t pid) const {
  const std::optional<std::string> path = GroupPathOf(pid);
  if (mount_.empty() || !path.has_value()) return std::nullopt;
  const std::string group = Below(OutsideOfAgents(*path), GroupName(product));
  if (!IsIn(*path, group)) return std::nullopt;
  return ControlGroup(mount_, group);
}

absl::Status ControlGroups::StepOutOf(absl::string_view path) const {
  const std::optional<std::string> ours = GroupPathOf(getpid());
  if (mount_.empty() || path == "/" || !ours.has_value() || !IsIn(*ours, path)) {
    return absl::OkStatus();
  }
  std::string outside = OutsideOfAgents(path);
  if (outside == path) outside = ParentOf(path);
  const absl::Status moved = WriteTo(absl::StrCat(mount_, Below(outside, "cgroup.procs")), "0");
  if (moved.ok()) return moved;
  // Groups that have controllers for their children take no process themselves.
  const std::string leaf = absl::StrCat(mount_, Below(outside, kOurLeaf));
  mkdir(leaf.c_str(), 0755);
  const absl::Status entered = WriteTo(absl::StrCat(leaf, "/cgroup.procs"), "0");
  return entered.ok() ? entered : moved;
}

std::string ControlGroups::GroupName(absl::string_view product) const {
  return absl::StrCat(kAgentPrefix, product, "-", suffix_);
}

}  // namespace mig::loader
