// mig-sim: arguments, signals, this process's terminal. Only wires.

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/deadlock_search.h"
#include "base/system_clock.h"
#include "base/system_random.h"
#include "sim/cli/command_line.h"
#include "sim/cli/program.h"
#include "sim/live/live_run.h"
#include "sim/live/scratch_directory.h"
#include "sim/report/outcome.h"
#include "sim/virtual/virtual_run.h"

namespace mig::sim {
namespace {

// SIGINT and SIGTERM are waited for, not handled: nothing of ours runs in a signal handler. The
// first asks for the summary, a second ends at once; but timeout(1) and some shells send one to the
// process and to its group, so within a second the two are one. Before any other thread is started.
void WatchSignals(std::atomic<bool>& stop) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([signals, &stop] {
    int signal = 0;
    sigwait(&signals, &signal);
    stop = true;
    const timespec second = {.tv_sec = 1, .tv_nsec = 0};
    sigtimedwait(&signals, nullptr, &second);
    sigwait(&signals, &signal);
    RemoveOwnScratchDirectories();
    _exit(128 + signal);
  }).detach();
}

// A week in virtual time makes and drops the same small things again and again. glibc keeps seven
// of each size at hand; a thousand save a sixth of all processor time. It reads that at a program's
// start only, so this one starts once more. What cannot be had is no error.
void KeepWhatIsFreed(char** argv) {
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  const auto is_virtual = [](absl::string_view argument) { return argument == "--virtual"; };
  char** end = argv;
  while (*end != nullptr) ++end;
  if (std::none_of(argv, end, is_virtual)) return;
  constexpr char kTunables[] = "GLIBC_TUNABLES";
  if (std::getenv(kTunables) != nullptr) return;
  setenv(kTunables, "glibc.malloc.tcache_count=1000", 1);
  execv("/proc/self/exe", argv);
  unsetenv(kTunables);
}

bool IsSet(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

ProgressLine::Look LookOfTerminal() {
  if (isatty(STDERR_FILENO) == 0) return ProgressLine::Look::kNone;
  const char* const kind = std::getenv("TERM");
  const bool is_dumb = kind == nullptr || absl::string_view(kind) == "dumb";
  if (IsSet("MIG_SIM_ACCESSIBLE") || is_dumb) return ProgressLine::Look::kLineByLine;
  return ProgressLine::Look::kRedrawn;
}

std::string OwnProgram() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

int Main(const std::vector<std::string>& arguments, const std::atomic<bool>& stop) {
  const std::variant<Command, Farewell> read = ReadCommandLine(arguments);
  if (const auto* farewell = std::get_if<Farewell>(&read)) {
    std::cout << farewell->out << std::flush;
    std::cerr << farewell->err;
    return farewell->exit;
  }
  const absl::StatusOr<std::unique_ptr<base::SystemClock>> clock = base::SystemClock::Open();
  if (!clock.ok()) {
    std::cerr << "mig-sim: " << clock.status().message() << "\n";
    return kExitInternal;
  }
  base::SystemRandom random;
  return RunCommand(
      std::get<Command>(read),
      {.out = std::cout,
       .err = std::cerr,
       .clock = **clock,
       .random = random,
       .stop = stop,
       .look = LookOfTerminal(),
       .own_program = OwnProgram()},
      {.live =
           [](const Scenario& scenario, const RunRequest& request) {
             return RunLive(scenario, {.seed = request.seed,
                                       .coordinator_program = request.coordinator_program,
                                       .stop = request.stop,
                                       .progress = request.progress});
           },
       .virtual_time =
           [](const Scenario& scenario, const RunRequest& request) {
             return RunVirtual(
                 scenario,
                 {.seed = request.seed, .stop = request.stop, .progress = request.progress});
           }});
}

}  // namespace
}  // namespace mig::sim

int main(int argc, char** argv) {
  mig::base::SwitchOffDeadlockSearch();
  signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error of ours to tell
  mig::sim::KeepWhatIsFreed(argv);
  std::atomic<bool> stop = false;
  mig::sim::WatchSignals(stop);
  const int status = mig::sim::Main(std::vector<std::string>(argv + 1, argv + argc), stop);
  // The thread that waits for signals looks at `stop` until the end.
  _exit(status);
}
