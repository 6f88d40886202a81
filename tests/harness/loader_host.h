// One workstation of a world: configuration and dictionary of its loader, the agent that runs on
// it, and what can be seen of both from outside.

#ifndef MIG_TESTS_HARNESS_LOADER_HOST_H_
#define MIG_TESTS_HARNESS_LOADER_HOST_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/harness/coordinator.h"
#include "tests/harness/world.h"

namespace mig::tests {

// What an agent says of itself; pid 0: nobody answers.
struct AgentSeen {
  pid_t pid = 0;
  std::string version;
  std::string setting;
  std::string state;

  std::string ToString() const;
};

struct HostOptions {
  std::string name;  // of its directory, and its tag `desk`
  enum class Activation { kProcess, kSelfInstalling };
  Activation activation = Activation::kProcess;
  absl::Duration probation = absl::Seconds(2);
  enum class Probe { kHttp, kNone };
  Probe probe = Probe::kHttp;
  std::string more = "";  // more lines of the product's dictionary
};

class LoaderHost {
 public:
  // Makes its directory with loader.toml, dictionary.toml and the packaged root; nothing is
  // enrolled or installed yet. `world` is borrowed; `root_file` is copied.
  static absl::StatusOr<LoaderHost> Make(World& world, const CoordinatorPorts& coordinator,
                                         const std::string& trust_domain,
                                         const std::string& root_file, const HostOptions& options);

  const std::string& name() const { return name_; }
  const std::string& directory() const { return directory_; }
  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  std::string config() const { return Path("loader.toml"); }
  std::string dictionary() const { return Path("dictionary.toml"); }
  std::string state_directory() const { return Path("state"); }
  // Of the agent: where its components go.
  std::string agent_directory() const { return Path("agent"); }
  std::string agent_program() const { return Path("agent/agent"); }
  std::string agent_config() const { return Path("agent/agent.conf"); }
  uint16_t agent_port() const { return agent_port_; }

  // What the component `configuration` must say here for the agent to run, with this setting.
  std::string AgentConfiguration(const std::string& setting) const;

  // mig-loader --config ... WORDS, whatever it ends with.
  std::vector<std::string> Words(const std::vector<std::string>& words) const;
  absl::StatusOr<CommandResult> Try(const std::vector<std::string>& words) const;
  // Must end with `exit_status`.
  absl::StatusOr<CommandResult> Do(const std::vector<std::string>& words,
                                   int exit_status = 0) const;
  absl::Status Run(int exit_status = 0) const { return Do({"run", "--now"}, exit_status).status(); }

  // Of this very host: who answers at its agent's port, now.
  AgentSeen Agent() const;
  // FailedPrecondition, with what was seen, unless an agent of this version answers and its process
  // runs the program at agent_program().
  absl::StatusOr<AgentSeen> CheckAgent(const std::string& version) const;

 private:
  LoaderHost(const World& world, const std::string& name, uint16_t agent_port)
      : world_(&world), name_(name), directory_(world.Path(name)), agent_port_(agent_port) {}

  std::string LoaderToml(const CoordinatorPorts& coordinator, const std::string& trust_domain,
                         const HostOptions& options) const;
  std::string DictionaryToml(const HostOptions& options) const;

  const World* world_;
  std::string name_;
  std::string directory_;
  uint16_t agent_port_;
};

}  // namespace mig::tests

#endif  // MIG_TESTS_HARNESS_LOADER_HOST_H_
