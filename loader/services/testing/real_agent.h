// A directory of its own with the test agent in it, and the arguments that make it do as a script
// says.

#ifndef MIG_LOADER_SERVICES_TESTING_REAL_AGENT_H_
#define MIG_LOADER_SERVICES_TESTING_REAL_AGENT_H_

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "loader/services/agent_spec.h"
#include "loader/services/testing/scripted_services.h"

namespace mig::loader::testing {

// Removes the directory at its end; processes are the test's to stop.
class RealAgent {
 public:
  RealAgent() {
    std::string name = std::filesystem::canonical(std::filesystem::temp_directory_path()).string() +
                       "/mig-services-XXXXXX";
    MIG_CHECK(mkdtemp(name.data()) != nullptr) << name;
    directory_ = name;
    std::filesystem::copy_file("loader/services/testing/agent", program());
  }
  RealAgent(const RealAgent&) = delete;
  ~RealAgent() { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return absl::StrCat(directory_, "/", name); }
  std::string program() const { return Path("agent"); }

  std::vector<std::string> Command(const AgentScript& script) const {
    std::vector<std::string> command = {program(), "--ready-file", Path("ready")};
    const auto add = [&command](const char* flag, absl::Duration t) {
      if (t == absl::InfiniteDuration()) t = absl::Hours(24);
      command.push_back(flag);
      command.push_back(absl::StrCat(absl::ToInt64Milliseconds(t)));
    };
    add("--ready-after-ms", script.ready_after);
    add("--unwell-after-ms", script.unwell_after);
    add("--ends-after-ms", script.ends_after);
    command.insert(command.end(), {"--exit-status", absl::StrCat(script.exit_status)});
    if (script.ignores_sigterm) command.push_back("--ignore-sigterm");
    command.push_back("--notify");
    if (!script.output.empty()) command.insert(command.end(), {"--print", script.output});
    return command;
  }

  AgentSpec Spec(const AgentScript& script) const {
    AgentSpec spec = {.product = "agent",
                      .activation = Activation::kProcess,
                      .command = Command(script),
                      .probe = FileProbe{Path("ready")},
                      .ready_timeout = absl::Milliseconds(250)};
    if (script.hangs_after < absl::InfiniteDuration()) {
      spec.probe = CommandProbe{{"/bin/sleep", "60"}};
      spec.probe_timeout = absl::Milliseconds(60);
    }
    if (!script.start.ok()) {
      std::ofstream(Path("text")) << "not a program\n";
      spec.command[0] = Path("text");
    }
    return spec;
  }

 private:
  std::string directory_;
};

}  // namespace mig::loader::testing

#endif  // MIG_LOADER_SERVICES_TESTING_REAL_AGENT_H_
