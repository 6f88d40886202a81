// A small world of its own: one directory, free ports of loopback, an environment. When it ends,
// nothing of it is left.

#ifndef MIG_TESTS_HARNESS_WORLD_H_
#define MIG_TESTS_HARNESS_WORLD_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/harness/command.h"
#include "tests/harness/programs.h"

namespace mig::tests {

// Whether nobody listens at this port of 127.0.0.1 just now.
bool IsFreePort(uint16_t port);

// The processes that run a program below `directory`, or one of `programs` with an argument below
// it; by number.
std::vector<pid_t> ProcessesOf(const std::string& directory, const Programs& programs);
// Kills those, and returns when they are gone.
void KillProcessesOf(const std::string& directory, const Programs& programs);

class World {
 public:
  // Makes /tmp/mig-NAME-XXXXXX, 0700: short, since the path of a unix socket is.
  static absl::StatusOr<std::unique_ptr<World>> Make(Programs programs, absl::string_view name);
  // In a directory that somebody else made, and removes.
  static std::unique_ptr<World> In(Programs programs, const std::string& directory);

  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  const Programs& programs() const { return programs_; }
  const std::string& directory() const { return directory_; }
  std::string Path(absl::string_view name) const;

  // Ports of 127.0.0.1 that nobody listens at just now, each given once, below those that the
  // kernel gives to clients: so a server that is started again finds its own free.
  absl::StatusOr<std::vector<uint16_t>> TakePorts(size_t count);

  // "user:group" of whom this runs as, for dictionaries.
  const std::string& owner() const { return owner_; }

  // PATH, and HOME and XDG_CONFIG_HOME in here: nothing of the caller's.
  const CommandOptions& options() const { return options_; }

  absl::StatusOr<CommandResult> Run(const std::vector<std::string>& words) const {
    return RunCommand(words, options_);
  }
  // The same, and CheckExit(0).
  absl::StatusOr<CommandResult> RunWell(const std::vector<std::string>& words) const;

  // A release of the test agent at `path`: make_agent --version VERSION MORE...
  absl::Status MakeAgent(const std::string& path, const std::string& version,
                         const std::vector<std::string>& more = {}) const;

 private:
  enum class AtEnd { kRemove, kLeave };
  World(Programs programs, std::string directory, AtEnd at_end);

  const Programs programs_;
  const std::string directory_;
  const AtEnd at_end_;
  std::string owner_;
  CommandOptions options_;
  uint16_t next_port_;
};

}  // namespace mig::tests

#endif  // MIG_TESTS_HARNESS_WORLD_H_
