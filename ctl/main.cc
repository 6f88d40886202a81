// migctl: what operators type. The graph is built here; everything else is in the libraries.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/posix_file_system.h"
#include "base/system_clock.h"
#include "base/system_random.h"
#include "ctl/cli/app.h"
#include "ctl/files/local_files.h"
#include "ctl/output/exit_code.h"
#include "ctl/output/terminal.h"
#include "ctl/transport/grpc_connector.h"

namespace {

// All of the environment that migctl reads.
mig::ctl::Environment ReadEnvironment() {
  mig::ctl::Environment environment;
  for (const char* name : {"HOME", "XDG_CONFIG_HOME", "NO_COLOR", "MIGCTL_CONTEXT",
                           "MIGCTL_ENDPOINT", "MIGCTL_CA", "MIGCTL_ROOT", "MIGCTL_KEY_DIR",
                           "MIGCTL_PASSPHRASE_FILE", "MIGCTL_OUTPUT", "MIGCTL_NO_INPUT"}) {
    if (const char* const value = std::getenv(name); value != nullptr && *value != '\0') {
      environment.emplace(name, value);
    }
  }
  return environment;
}

std::string WorkingDirectory() {
  char* const path = getcwd(nullptr, 0);
  if (path == nullptr) return "/";
  std::string result = path;
  std::free(path);
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  // gRPC 1.51 has no call for it: with only this suite of TLS 1.2 left, 1.3 is what remains
  // (docs/protocol.md, "On the wire").
  if (setenv("GRPC_SSL_CIPHER_SUITES", "PSK-AES256-GCM-SHA384", 1) != 0) {
    std::fputs("migctl: TLS cannot be limited to 1.3; nothing was sent\n", stderr);
    return 1;
  }
  // Its own log lines would break the rule of one line for each error.
  setenv("GRPC_VERBOSITY", "NONE", 0);

  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const mig::ctl::Environment environment = ReadEnvironment();
  mig::ctl::TerminalOptions options;
  options.no_color = environment.contains("NO_COLOR");
  options.no_input = environment.contains("MIGCTL_NO_INPUT");
  for (const std::string& argument : arguments) {
    if (argument == "--no-input") options.no_input = true;
  }

  mig::ctl::Terminal terminal(options);
  mig::base::PosixFileSystem disk;
  const mig::ctl::LocalFiles files(disk, WorkingDirectory());
  const auto clock = mig::base::SystemClock::Open();
  if (!clock.ok()) {
    terminal.Err("migctl: " + std::string(clock.status().message()) + "\n");
    return mig::ctl::kExitFailed;
  }
  mig::base::SystemRandom random;
  mig::ctl::GrpcConnector connector;
  mig::ctl::World world = {terminal, files, **clock, random, connector, environment};
  return mig::ctl::RunMigctl(arguments, world);
}
