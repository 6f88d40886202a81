// mig-coordinator: arguments, signals, exit codes. Only wires.

#include <pthread.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/deadlock_search.h"
#include "base/posix_file_system.h"
#include "base/system_clock.h"
#include "base/system_random.h"
#include "base/version.h"
#include "coordinator/server/config.h"
#include "coordinator/server/init.h"
#include "coordinator/server/material.h"
#include "coordinator/server/server.h"
#include "coordinator/store/sqlite_store.h"
#include "coordinator/transport/tls13.h"

namespace mig::coordinator {
namespace {

// Exit codes (docs/operations: UX).
enum Exit { kStopped = 0, kFailed = 1, kUsage = 2, kForeignStore = 5 };

constexpr char kHelp[] =
    "Serves signed documents and contents to a fleet of loaders. It holds no key that can sign a\n"
    "manifest or a plan.\n\n"
    "Examples:\n"
    "  mig-coordinator init /srv/mig --operator ana --trust-domain corp.example\n"
    "  mig-coordinator --config /srv/mig/coordinator.toml --check-config\n"
    "  mig-coordinator --config /srv/mig/coordinator.toml\n\n"
    "Exit status: 0 stopped, 1 failed (port, store, disk), 2 usage or configuration,\n"
    "5 the store is of a newer version, of another coordinator, or of another program";

struct Arguments {
  std::string config;
  bool check_config = false;
  std::string directory;
  InitOptions init;
};

int Fail(const absl::Status& status, Exit code) {
  std::cerr << "mig-coordinator: " << status.message() << "\n";
  return code;
}

std::string Absolute(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

int Init(const Machine& machine, Arguments arguments) {
  arguments.init.now = machine.clock.WallNow();
  const std::string directory = Absolute(arguments.directory);
  if (const absl::Status made =
          InitDirectory(machine.disk, machine.random, directory, arguments.init);
      !made.ok()) {
    return Fail(made,
                absl::IsInvalidArgument(made) || absl::IsAlreadyExists(made) ? kUsage : kFailed);
  }
  std::cout << directory << " made: two CAs, the online key, the server's key and request\n"
            << "operator " << arguments.init.operator_name << " is invited: " << directory
            << "/operator.token\n"
            << "Next, offline: a root that names online.key.pub, loaders-ca.pem, operators-ca.pem\n"
            << "  (migctl root new --help), as " << directory << "/root-1; and the certificate:\n"
            << "  migctl ca issue --ca-cert CA.pem --ca-key CA.key --csr " << directory
            << "/server.csr \\\n    --trust-domain " << arguments.init.trust_domain
            << " --dns HOST --out " << directory << "/server.pem\n"
            << "Then: mig-coordinator --config " << directory << "/coordinator.toml\n";
  return kStopped;
}

// SIGTERM and SIGINT are waited for, not handled: nothing of ours runs in a signal handler.
sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

int Serve(const Machine& machine, const Arguments& arguments) {
  const absl::StatusOr<Config> config = Config::Load(machine.disk, Absolute(arguments.config));
  if (!config.ok()) return Fail(config.status(), kUsage);
  absl::StatusOr<Material> material = LoadMaterial(machine.disk, *config, machine.clock.WallNow());
  if (!material.ok()) return Fail(material.status(), kUsage);
  if (arguments.check_config) {
    std::cout << "mig-coordinator: configuration, keys, certificates and " << material->roots.size()
              << " root(s) are fine\n";
    return kStopped;
  }
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  absl::StatusOr<std::unique_ptr<Server>> server =
      Server::Start(machine, *config, *std::move(material), base::kVersion);
  if (!server.ok()) {
    return Fail(server.status(), IsForeignStore(server.status()) ? kForeignStore : kFailed);
  }
  std::cerr << "mig-coordinator: serving  " << (*server)->ListenText() << std::endl;
  int signal = 0;
  sigwait(&signals, &signal);
  std::cerr << "mig-coordinator: stopping" << std::endl;
  (*server)->Stop();
  return kStopped;
}

int Main(int argc, char** argv) {
  RequireTls13();
  // A limit on the size of files is an error of the write, as a full disk is, not our end.
  signal(SIGXFSZ, SIG_IGN);
  Arguments arguments;
  CLI::App app(kHelp, "mig-coordinator");
  app.set_version_flag("--version", base::kVersion);
  app.add_option("--config", arguments.config, "coordinator.toml");
  app.add_flag("--check-config", arguments.check_config, "read and check everything, then end");
  CLI::App* const init = app.add_subcommand("init", "make a new coordinator's directory");
  init->add_option("DIR", arguments.directory, "where; made if it is missing")->required();
  init->add_option("--operator", arguments.init.operator_name, "who is invited first")->required();
  init->add_option("--name", arguments.init.name, "the coordinator's name")->capture_default_str();
  arguments.init.trust_domain = "mig.internal";
  init->add_option("--trust-domain", arguments.init.trust_domain, "as the roots have it")
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help and --version are told in this way too.
    if (error.get_exit_code() == 0) return app.exit(error);
    return Fail(
        absl::InvalidArgumentError(absl::StrCat(error.what(), "; see mig-coordinator --help")),
        kUsage);
  }
  if (!init->parsed() && arguments.config.empty()) {
    return Fail(absl::InvalidArgumentError("--config FILE is missing; see mig-coordinator --help"),
                kUsage);
  }
  base::PosixFileSystem disk;
  base::SystemRandom random;
  const auto clock = base::SystemClock::Open();
  if (!clock.ok()) return Fail(clock.status(), kFailed);
  const Machine machine{.disk = disk, .clock = **clock, .random = random};
  return init->parsed() ? Init(machine, arguments) : Serve(machine, arguments);
}

}  // namespace
}  // namespace mig::coordinator

int main(int argc, char** argv) {
  mig::base::SwitchOffDeadlockSearch();
  return mig::coordinator::Main(argc, argv);
}
