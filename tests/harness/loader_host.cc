#include "tests/harness/loader_host.h"

#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "tests/agent/agent_process.h"
#include "tests/harness/files.h"

namespace mig::tests {

namespace {

constexpr char kLoaderToml[] = R"(# A host of a demo or a test.
coordinators = ["{loaders}"]
enrollment = "{enrollment}"
trust_domain = "{trust_domain}"
state_directory = "{directory}/state"
root_file = "{directory}/root"
dictionary_file = "{directory}/dictionary.toml"
# A day's worth of updates in a minute.
activations_per_hour = 60
activations_per_day = 60

[tags]
desk = "{name}"
)";

constexpr char kDictionaryToml[] = R"(# Which file each component is here, and how the agent is run.
[product.agent]
{activation}
{probe}probation = "{probation}"
{more}
[product.agent.component.agent]
path = "{directory}/agent/agent"
mode = "0755"
owner = "{owner}"
max_bytes = 268435456
[product.agent.component.configuration]
path = "{directory}/agent/agent.conf"
mode = "0644"
owner = "{owner}"
max_bytes = 65536
[product.agent.family."conf/*"]
directory = "{directory}/agent/conf.d"
pattern = "*.cfg"
mode = "0640"
owner = "{owner}"
max_count = 200
max_bytes = 65536
)";

}  // namespace

std::string AgentSeen::ToString() const {
  if (pid == 0) return "no agent answers";
  return absl::StrCat("agent ", version, ", pid ", pid, ", setting ", setting, ", ", state);
}

std::string LoaderHost::LoaderToml(const CoordinatorPorts& coordinator,
                                   const std::string& trust_domain,
                                   const HostOptions& options) const {
  return absl::StrReplaceAll(kLoaderToml,
                             {{"{loaders}", LoopbackEndpoint(coordinator.loaders)},
                              {"{enrollment}", LoopbackEndpoint(coordinator.enrollment)},
                              {"{trust_domain}", trust_domain},
                              {"{directory}", directory_},
                              {"{name}", options.name}});
}

std::string LoaderHost::DictionaryToml(const HostOptions& options) const {
  const std::string command =
      absl::StrCat("command = [\"", agent_program(), "\", \"--config\", \"", agent_config(), "\"]");
  std::string activation = absl::StrCat("activation = \"process\"\n", command);
  if (options.activation == HostOptions::Activation::kSelfInstalling) {
    activation = absl::StrCat("activation = \"self-installing\"\n", command, "\ninstall = [\"",
                              agent_program(), "\", \"--config\", \"", agent_config(),
                              "\", \"--install\"]\nunit = \"mig-agent.service\"");
  }
  std::string probe;
  if (options.probe == HostOptions::Probe::kHttp) {
    probe = absl::StrCat("probe = { http = \"http://127.0.0.1:", agent_port_,
                         "/health\", timeout = \"2s\" }\n");
  }
  return absl::StrReplaceAll(
      kDictionaryToml,
      {{"{activation}", activation},
       {"{probe}", probe},
       {"{probation}", absl::StrCat(absl::ToInt64Milliseconds(options.probation), "ms")},
       {"{more}", options.more},
       {"{directory}", directory_},
       {"{owner}", world_->owner()}});
}

absl::StatusOr<LoaderHost> LoaderHost::Make(World& world, const CoordinatorPorts& coordinator,
                                            const std::string& trust_domain,
                                            const std::string& root_file,
                                            const HostOptions& options) {
  MIG_ASSIGN_OR_RETURN(const std::vector<uint16_t> ports, world.TakePorts(1));
  LoaderHost host(world, options.name, ports[0]);
  MIG_RETURN_IF_ERROR(MakeDirectory(host.directory_));
  MIG_RETURN_IF_ERROR(MakeDirectory(host.agent_directory()));
  MIG_RETURN_IF_ERROR(MakeDirectory(host.Path("agent/conf.d")));
  MIG_RETURN_IF_ERROR(
      WriteFile(host.config(), host.LoaderToml(coordinator, trust_domain, options)));
  MIG_RETURN_IF_ERROR(WriteFile(host.dictionary(), host.DictionaryToml(options)));
  MIG_ASSIGN_OR_RETURN(const std::string root, ReadFile(root_file));
  MIG_RETURN_IF_ERROR(WriteFile(host.Path("root"), root));
  return host;
}

std::string LoaderHost::AgentConfiguration(const std::string& setting) const {
  return absl::StrCat("http_port = ", agent_port_, "\npid_file = ", Path("agent.pid"),
                      "\nsetting = ", setting, "\n");
}

std::vector<std::string> LoaderHost::Words(const std::vector<std::string>& words) const {
  std::vector<std::string> all = {world_->programs().loader, "--config", config()};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

absl::StatusOr<CommandResult> LoaderHost::Try(const std::vector<std::string>& words) const {
  return world_->Run(Words(words));
}

absl::StatusOr<CommandResult> LoaderHost::Do(const std::vector<std::string>& words,
                                             int exit_status) const {
  absl::StatusOr<CommandResult> result = Try(words);
  MIG_RETURN_IF_ERROR(CheckExit(result, exit_status));
  return result;
}

AgentSeen LoaderHost::Agent() const {
  const std::string page = HttpGet(agent_port_, "/health", 5'000);
  std::map<std::string, std::string> said;
  for (const absl::string_view word : absl::StrSplit(LastLine(page), ' ', absl::SkipWhitespace())) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(word, absl::MaxSplits('=', 1));
    said[pair.first] = pair.second;
  }
  AgentSeen seen{.version = said["version"], .setting = said["setting"], .state = said["state"]};
  if (int32_t pid = 0; absl::SimpleAtoi(said["pid"], &pid)) seen.pid = pid;
  return seen;
}

absl::StatusOr<AgentSeen> LoaderHost::CheckAgent(const std::string& version) const {
  AgentSeen seen = Agent();
  std::error_code error;
  const std::string program =
      std::filesystem::read_symlink(absl::StrCat("/proc/", seen.pid, "/exe"), error).string();
  if (seen.pid != 0 && seen.version == version && program == agent_program()) return seen;
  return absl::FailedPreconditionError(absl::StrCat("agent ", version, " should answer and run ",
                                                    agent_program(), "; seen: ", seen.ToString(),
                                                    ", which runs ", program));
}

}  // namespace mig::tests
