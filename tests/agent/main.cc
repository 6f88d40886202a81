// mig-test-agent: a small real program for tests and the demo to install, update and put back.

#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "tests/agent/pid_file.h"
#include "tests/agent/release.h"
#include "tests/agent/self_install.h"
#include "tests/agent/server.h"
#include "tests/agent/settings.h"

namespace mig::tests {
namespace {

constexpr char kUsage[] =
    R"(Usage: mig-test-agent --config FILE [--install | --stop]
       mig-test-agent --version

Says its version and pid on a unix socket and at http://127.0.0.1:PORT/health. Which release it is,
and how bad, stands at the end of its own program file: see make_agent --help.

  --config FILE  lines `key = value`: http_port, socket, pid_file, setting, on_sigusr1
  --install      end the agent that holds pid_file, start this one in the background, and return
                 when it serves
  --stop         end the agent that holds pid_file
  --version      print the version
  --help         this text

Status: 0 ended by SIGTERM or SIGINT, or done; 1 could not serve; 2 wrong arguments or
configuration; else what the release says.
)";

struct Arguments {
  enum class Verb { kServe, kInstall, kStop, kVersion, kHelp };
  Verb verb = Verb::kServe;
  std::string config;
};

absl::StatusOr<Arguments> Parse(const std::vector<std::string>& words) {
  using Verb = Arguments::Verb;
  Arguments arguments;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--help") {
      arguments.verb = Verb::kHelp;
    } else if (words[i] == "--version") {
      arguments.verb = Verb::kVersion;
    } else if (words[i] == "--install") {
      arguments.verb = Verb::kInstall;
    } else if (words[i] == "--stop") {
      arguments.verb = Verb::kStop;
    } else if (words[i] == "--config" && i + 1 < words.size()) {
      arguments.config = words[++i];
    } else {
      return absl::InvalidArgumentError("'" + words[i] +
                                        "' is unknown or lacks its value; see --help");
    }
  }
  const bool needs_config = arguments.verb != Verb::kHelp && arguments.verb != Verb::kVersion;
  if (needs_config && arguments.config.empty()) {
    return absl::InvalidArgumentError("--config FILE is missing; see --help");
  }
  return arguments;
}

// By its path, not by /proc: what starts itself must find the file that lies there now.
absl::StatusOr<std::string> OwnProgram() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
  if (size <= 0) return absl::NotFoundError("/proc/self/exe: cannot be read; mount /proc");
  return std::string(path, static_cast<size_t>(size));
}

absl::StatusOr<int> Run(const Arguments& arguments) {
  using Verb = Arguments::Verb;
  if (arguments.verb == Verb::kHelp) {
    std::cout << kUsage;
    return 0;
  }
  MIG_ASSIGN_OR_RETURN(const Release release, ReadRelease("/proc/self/exe"));
  if (arguments.verb == Verb::kVersion) {
    if (release.behaviour == Behaviour::kBroken) return release.exit_status;
    std::cout << "mig-test-agent " << release.version << "\n";
    return 0;
  }
  MIG_ASSIGN_OR_RETURN(const Settings settings, ReadSettings(arguments.config));
  if (arguments.verb == Verb::kStop) {
    MIG_RETURN_IF_ERROR(EndHolder(settings.pid_file));
    return 0;
  }
  if (arguments.verb == Verb::kInstall) {
    MIG_ASSIGN_OR_RETURN(const std::string program, OwnProgram());
    MIG_ASSIGN_OR_RETURN(const std::string line, InstallSelf(program, settings));
    std::cout << line << "\n";
    return 0;
  }
  return Serve(release, settings, [&release] {
    std::cout << "mig-test-agent " << release.version << " pid " << getpid() << " serves"
              << std::endl;
  });
}

int ExitStatus(const absl::StatusOr<int>& result) {
  if (result.ok()) return *result;
  std::cerr << "mig-test-agent: " << result.status().message() << "\n";
  const bool theirs = absl::IsInvalidArgument(result.status()) || absl::IsNotFound(result.status());
  return theirs ? 2 : 1;
}

}  // namespace
}  // namespace mig::tests

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);  // who started it may have stopped listening
  const auto arguments = mig::tests::Parse({argv + 1, argv + argc});
  if (!arguments.ok()) return mig::tests::ExitStatus(arguments.status());
  return mig::tests::ExitStatus(mig::tests::Run(*arguments));
}
