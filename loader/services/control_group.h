// A control group (cgroups v2) for each agent: what an agent forks stays in it, however often it
// forks, and ends with it.

#ifndef MIG_LOADER_SERVICES_CONTROL_GROUP_H_
#define MIG_LOADER_SERVICES_CONTROL_GROUP_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "loader/services/unique_fd.h"

namespace mig::loader {

// A process's place in the hierarchy of version 2: "/", "/system.slice/x.service". nullopt: no such
// process, or a system without.
std::optional<std::string> GroupPathOf(pid_t pid);

// One group, by its path in the hierarchy. A value; the group itself is the kernel's.
class ControlGroup {
 public:
  // `mount` is where the hierarchy is mounted; `path` in it begins with '/'.
  ControlGroup(std::string mount, std::string path)
      : mount_(std::move(mount)), path_(std::move(path)) {}

  const std::string& path() const { return path_; }

  // A process of it, or of a group below it.
  bool Has(pid_t pid) const;
  // Of this group itself, unsorted, at most 4,096. Empty too if the group is gone.
  std::vector<pid_t> Members() const;
  // No process in it or below it, or the group is gone.
  bool IsEmpty() const;
  // For a child to write "0" to before it executes its program.
  absl::StatusOr<UniqueFd> OpenEntrance() const;
  // SIGKILL for every process in it and below it, at once: cgroup.kill (Linux 5.14); before that
  // to one after the other, so a fork may escape and the caller asks IsEmpty and repeats.
  absl::Status Kill() const;
  // The empty directories are taken away.
  void Remove() const;

 private:
  std::string FileOf(absl::string_view name) const;

  std::string mount_;
  std::string path_;
};

// The groups of this machine's agents, below the group in which the loader itself runs.
class ControlGroups {
 public:
  // Of this machine, as /proc says. `state_directory` keeps agents of several loaders apart.
  static ControlGroups OfThisMachine(absl::string_view state_directory);
  // `mount` empty: a machine without. `own`: the loader's own group.
  ControlGroups(std::string mount, std::string own, std::string suffix)
      : mount_(std::move(mount)), own_(std::move(own)), suffix_(std::move(suffix)) {}

  // The product's group, made if it is missing. Errors say why there is none: Unavailable.
  absl::StatusOr<ControlGroup> Make(absl::string_view product) const;

  // One that an earlier run made.
  ControlGroup At(absl::string_view path) const { return {mount_, std::string(path)}; }

  // The product's group that holds this process; nullopt: it is in none of this loader's.
  std::optional<ControlGroup> OwnGroupOf(absl::string_view product, pid_t pid) const;

  // Moves this process out of the group `path`, in which an agent runs, if it is in it or below it:
  // it was started by the agent, and must live on when that ends. Nothing happens in the root
  // group, which nobody ends. Unavailable if it cannot be left.
  absl::Status StepOutOf(absl::string_view path) const;

 private:
  std::string GroupName(absl::string_view product) const;

  std::string mount_;
  std::string own_;
  std::string suffix_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_CONTROL_GROUP_H_
