// demo: the main job, end to end, on the real programs. Prints one line per step with what was
// seen.

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/system_clock.h"
#include "base/system_random.h"
#include "tests/demo/stage.h"
#include "tests/demo/steps.h"
#include "tests/harness/programs.h"
#include "tests/harness/world.h"

namespace mig::tests {
namespace {

namespace fs = std::filesystem;

constexpr char kUsage[] = R"(Usage: demo [--keep] | demo --end DIR

Runs the main job on the real programs, in a directory of its own below /tmp, on loopback: a key
ceremony, a coordinator, a host; updates, attacks, kills; a fleet of 500. One line per step with
what was seen; the last line is `demo: N steps held`. A step that does not hold: status 1, and it is
named.

  --keep     leave everything up, and print the commands to go on with
  --end DIR  end what --keep left in DIR, and remove it
  --help     this text

Most people call it as tools/demo, which builds it first.
)";

constexpr char kPrefix[] = "/tmp/mig-demo-";

absl::StatusOr<Simulator> FindSimulator(const std::string& argv0) {
  Simulator simulator;
  MIG_ASSIGN_OR_RETURN(simulator.program, FindRunfile(argv0, "sim/mig-sim"));
  MIG_ASSIGN_OR_RETURN(simulator.scenario, FindRunfile(argv0, "sim/scenarios/kill.txtpb"));
  return simulator;
}

// As a person at this working directory would type it.
std::string Typed(const std::string& program) {
  for (const char* const name :
       {"bazel-bin/ctl/migctl", "bazel-bin/loader/mig-loader", "bazel-bin/tests/demo/demo"}) {
    std::error_code error;
    if (fs::equivalent(name, program, error) && !error) return name;
  }
  return program;
}

enum class AtEnd { kRemove, kKeep };

// Leaves it up, and says how to go on with it.
void KeepUp(Stage& stage, const Programs& programs) {
  if (stage.coordinator.has_value()) stage.coordinator->Leave();
  const std::string& directory = stage.world.directory();
  const std::string loader =
      absl::StrCat(Typed(programs.loader), " --config ", directory, "/one/loader.toml");
  const std::string migctl = Typed(programs.migctl);
  std::error_code error;
  const std::string self = Typed(fs::read_symlink("/proc/self/exe", error).string());
  std::cout << "Kept in " << directory << ", and left running. To go on:\n"
            << "  export XDG_CONFIG_HOME=" << directory
            << "/config MIGCTL_PASSPHRASE_FILE=" << directory << "/passphrase\n"
            << "  " << migctl << " host list\n"
            << "  " << migctl << " rollout list\n"
            << "  " << loader << " status\n"
            << "  " << loader << " explain\n"
            << "  " << loader << " run --now\n"
            << "End it with:\n"
            << "  " << self << " --end " << directory << std::endl;
}

// In the child: the steps. Its exit status.
int Play(const Programs& programs, const Simulator& simulator, const std::string& directory,
         AtEnd at_end) {
  const std::unique_ptr<World> world = World::In(programs, directory);
  const auto clock = base::SystemClock::Open();
  if (!clock.ok()) {
    std::cout << "demo: " << clock.status().message() << std::endl;
    return 1;
  }
  base::SystemRandom random;
  Stage stage(*world, **clock, random, simulator);
  const std::vector<Step>& steps = AllSteps();
  for (size_t i = 0; i < steps.size(); ++i) {
    const std::string label = absl::StrFormat("%2d  %s", i + 1, steps[i].name);
    // What takes time is named while it does; its line is then written over this.
    if (isatty(STDOUT_FILENO) == 1) std::cout << label << " ...\r" << std::flush;
    const absl::StatusOr<std::string> seen = steps[i].run(stage);
    if (!seen.ok()) {
      std::cout << label << "\n    DOES NOT HOLD: " << seen.status().message() << std::endl;
      std::cout << "demo: step " << i + 1 << " (" << steps[i].name << ") does not hold"
                << std::endl;
      if (at_end == AtEnd::kKeep) KeepUp(stage, programs);
      return 1;
    }
    std::cout << label << ": " << *seen << std::endl;
  }
  if (at_end == AtEnd::kKeep) KeepUp(stage, programs);
  std::cout << "demo: " << steps.size() << " steps held" << std::endl;
  return 0;
}

void Remove(const Programs& programs, const std::string& directory) {
  KillProcessesOf(directory, programs);
  std::error_code ignored;
  fs::remove_all(directory, ignored);
}

// The steps run in a child, so that whatever becomes of it (a crash, Ctrl-C), this process is there
// to clean up.
int Perform(const Programs& programs, const Simulator& simulator, AtEnd at_end) {
  std::string directory = absl::StrCat(kPrefix, "XXXXXX");
  if (mkdtemp(directory.data()) == nullptr) {
    std::cerr << "demo: " << directory << ": " << std::strerror(errno) << std::endl;
    return 1;
  }
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&signals, signal);
  sigset_t before;
  sigprocmask(SIG_BLOCK, &signals, &before);
  const pid_t child = fork();
  if (child == 0) {
    sigprocmask(SIG_SETMASK, &before, nullptr);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(Play(programs, simulator, directory, at_end));
  }
  if (child < 0) {
    std::cerr << "demo: the steps could not be started: " << std::strerror(errno) << std::endl;
    Remove(programs, directory);
    return 1;
  }
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    int signal = 0;
    if (sigwait(&signals, &signal) == 0 && signal != SIGCHLD) kill(child, SIGTERM);
  }
  if (at_end == AtEnd::kRemove || !WIFEXITED(status)) Remove(programs, directory);
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  std::cerr << "demo: ended by signal " << WTERMSIG(status) << "; everything was removed"
            << std::endl;
  return 1;
}

int End(const Programs& programs, const std::string& directory) {
  if (!absl::StartsWith(directory, kPrefix) || absl::StrContains(directory, "..") ||
      !fs::is_directory(directory)) {
    std::cerr << "demo: '" << directory << "' is no directory of a demo; they are called "
              << kPrefix << "..." << std::endl;
    return 2;
  }
  Remove(programs, directory);
  std::cout << directory << " is gone, and what ran there" << std::endl;
  return 0;
}

int Main(const std::vector<std::string>& words) {
  if (words.size() == 2 && words[1] == "--help") {
    std::cout << kUsage;
    return 0;
  }
  const bool is_end = words.size() == 3 && words[1] == "--end";
  const bool is_keep = words.size() == 2 && words[1] == "--keep";
  if (words.size() > 1 && !is_end && !is_keep) {
    std::cerr << "demo: unknown argument '" << words[1] << "'; see demo --help" << std::endl;
    return 2;
  }
  const absl::StatusOr<Programs> programs = Programs::Find(words[0]);
  if (!programs.ok()) {
    std::cerr << "demo: " << programs.status().message() << std::endl;
    return 1;
  }
  if (is_end) return End(*programs, words[2]);
  const absl::StatusOr<Simulator> simulator = FindSimulator(words[0]);
  if (!simulator.ok()) {
    std::cerr << "demo: " << simulator.status().message() << std::endl;
    return 1;
  }
  return Perform(*programs, *simulator, is_keep ? AtEnd::kKeep : AtEnd::kRemove);
}

}  // namespace
}  // namespace mig::tests

int main(int argc, char** argv) {
  return mig::tests::Main(std::vector<std::string>(argv, argv + argc));
}
