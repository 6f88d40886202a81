// mig-loader: wires the loader to this machine, runs one command, and ends.

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/deadlock_search.h"
#include "base/posix_file_system.h"
#include "base/system_clock.h"
#include "base/system_random.h"
#include "base/thread_pool_executor.h"
#include "base/version.h"
#include "loader/cli/command_line.h"
#include "loader/cli/grpc_connector.h"
#include "loader/cli/program.h"
#include "loader/host/linux_host_facts.h"
#include "loader/services/no_services.h"
#include "loader/services/process_services.h"
#include "loader/services/self_installing_services.h"
#include "loader/services/services_by_activation.h"
#include "loader/services/system_probe.h"
#include "loader/transport/grpc_log.h"
#include "loader/transport/tls13.h"

namespace mig::loader {
namespace {

constexpr size_t kMostThreads = 8;

// The agents of this machine.
class LinuxServices : public ServicesByActivation {
 public:
  LinuxServices(base::Clock& clock, base::FileSystem& disk, const std::string& state_directory)
      : ServicesByActivation(none_, process_, self_installing_),
        probe_(clock),
        process_(clock, disk, probe_, state_directory),
        self_installing_(clock, probe_) {}

 private:
  NoServices none_;
  SystemProbe probe_;
  ProcessServices process_;
  SelfInstallingServices self_installing_;
};

ConfiguredFacts FactsOf(const Config& config) {
  return {
      .operator_name = config.operator_name, .tags = config.tags, .loader_version = base::kVersion};
}

std::string Absolute(const std::string& path) {
  return path.empty() ? path : std::filesystem::absolute(path).lexically_normal().string();
}

size_t Cores() {
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return std::clamp<size_t>(cores < 1 ? 1 : static_cast<size_t>(cores), 1, kMostThreads);
}

Answer RunHere(Command command, const Tls13Required& tls13, KeptConnections& kept) {
  const absl::StatusOr<std::unique_ptr<base::SystemClock>> clock = base::SystemClock::Open();
  if (!clock.ok()) return {.screen = {.err = ErrorLine(clock.status())}, .exit_code = 1};
  base::SystemRandom random;
  base::PosixFileSystem disk;
  base::ThreadPoolExecutor executor(Cores());
  command.config = Absolute(command.config);
  command.token_file = Absolute(command.token_file);
  const Machine machine{
      .clock = **clock,
      .random = random,
      .disk = disk,
      .executor = executor,
      .owner_uid = geteuid(),
      .make_facts =
          [&](const Config& config) {
            return std::make_unique<LinuxHostFacts>(**clock, FactsOf(config));
          },
      .make_services =
          [&](const Config& config) {
            return std::make_unique<LinuxServices>(**clock, disk, config.state_directory);
          },
      .make_connector =
          [&](const Config& config) {
            return std::make_unique<GrpcConnector>(**clock, tls13, config.trust_domain, kept);
          }};
  return RunCommand(machine, command);
}

Answer RunArguments(const std::vector<std::string>& arguments, const Tls13Required& tls13,
                    KeptConnections& kept) {
  const std::variant<Command, Farewell> read = ReadCommandLine(arguments);
  if (const auto* farewell = std::get_if<Farewell>(&read)) {
    return {.screen = farewell->screen, .exit_code = farewell->exit_code};
  }
  return RunHere(std::get<Command>(read), tls13, kept);
}

}  // namespace
}  // namespace mig::loader

int main(int argc, char** argv) {
  mig::base::SwitchOffDeadlockSearch();
  umask(077);
  mig::loader::QuietGrpc();
  // Whoever started this, perhaps the agent itself, may end before it does.
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_PDEATHSIG, 0);
  // A limit on the size of files is an error of the write, as a full disk is, and not our end.
  signal(SIGXFSZ, SIG_IGN);
  // Before gRPC, and before any thread.
  const mig::loader::Tls13Required tls13 = mig::loader::Tls13Required::InThisProcess();
  mig::loader::KeptConnections kept;
  const mig::loader::Answer answer =
      mig::loader::RunArguments(std::vector<std::string>(argv + 1, argv + argc), tls13, kept);
  std::fputs(answer.screen.err.c_str(), stderr);
  std::fputs(answer.screen.out.c_str(), stdout);
  const bool is_written = std::fflush(stdout) == 0;
  // All that matters is durable, and all files are closed; what is left is gRPC's tear-down, which
  // takes as long as a call.
  _exit(is_written || answer.exit_code != 0 ? answer.exit_code : 1);
}
