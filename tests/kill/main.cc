// kill: the shipped loader, killed at its system calls, and system calls that fail under it, by the
// thousand. Prints progress; the last line is `kill: M kills, K faults, V violations`.

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "base/system_clock.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "tests/agent/descriptor.h"
#include "tests/kill/campaign.h"
#include "tests/kill/kill_site.h"
#include "tests/kill/run_trial.h"
#include "tests/kill/trial.h"

namespace mig::tests {
namespace {

using base::testing::Seed;
using base::testing::SeededRandom;

constexpr char kUsage[] = R"(Usage: kill [--jobs N] [--trial NAME | --calls NAME]

Kills mig-loader at the entry and the exit of its system calls, lets calls fail, and asks after each
whether the host is whole, runs what lies on it, and goes on (docs/crash.md). Prints progress; the
last line is `kill: M kills, K faults, V violations`, and status 1 means that V is not 0.
MIG_TEST_SEED chooses where it samples; it is printed.

  --jobs N      work in N processes, 1 to 16; each has a coordinator of its own (default 2)
  --trial NAME  make one trial again, as a violation named it
  --calls NAME  show the calls of that trial's first run
  --help        this text

Example:
  kill --trial update@tmpfs:change.37.exit=kill:recover
)";

struct Arguments {
  bool help = false;
  bool show_calls = false;
  int jobs = 2;
  std::string trial;  // empty: all
};

absl::StatusOr<Arguments> ParseArguments(const std::vector<std::string>& words) {
  Arguments arguments;
  for (size_t i = 0; i < words.size(); ++i) {
    const bool has_value = i + 1 < words.size();
    if (words[i] == "--help") {
      arguments.help = true;
    } else if (words[i] == "--jobs" && has_value && absl::SimpleAtoi(words[++i], &arguments.jobs) &&
               arguments.jobs >= 1 && arguments.jobs <= 16) {
    } else if ((words[i] == "--trial" || words[i] == "--calls") && has_value) {
      arguments.show_calls = words[i] == "--calls";
      arguments.trial = words[++i];
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("'", words[i], "' is unknown or has a wrong value; see --help"));
    }
  }
  return arguments;
}

constexpr DiskKind kDisks[] = {DiskKind::kTmpfs, DiskKind::kHere, DiskKind::kExt4, DiskKind::kXfs,
                               DiskKind::kBind};

enum class Share { kMost, kSample };

Extent ExtentOf(Share share, const Scenario& scenario) {
  if (share == Share::kSample) return {.kills = 24, .other_kills = 4, .faults = 24, .twice = 12};
  const bool is_long = scenario.name == "update" || scenario.name == "back";
  return {.kills = Extent::kAll,
          .other_kills = 100,
          .faults = is_long ? Extent::kAll : 250,
          .other_faults = 150,
          .twice = 250};
}

absl::StatusOr<std::unique_ptr<KillSite>> MakeSite(const std::string& argv0) {
  std::vector<KillSite::Wanted> wanted;
  for (const DiskKind disk : kDisks) {
    for (const Temper temper : {Temper::kGood, Temper::kBad}) wanted.push_back({disk, temper});
  }
  return KillSite::Make(argv0, wanted);
}

void ShowLost(const Trial& trial, const std::string& violation) {
  std::cout << "VIOLATION " << violation << "\n  again: bazel-bin/tests/kill/kill --trial "
            << trial.ToString() << std::endl;
}

// Signals to end are kept back until a trial is over, so that nothing of it is left.
class Endings {
 public:
  Endings() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    signals_ = Descriptor(signalfd(-1, &signals, SFD_CLOEXEC));
  }
  bool has_come() const {
    pollfd item = {.fd = signals_.get(), .events = POLLIN, .revents = 0};
    return poll(&item, 1, 0) == 1;
  }
  int descriptor() const { return signals_.get(); }

 private:
  Descriptor signals_;
};

// One of `jobs` processes: every `jobs`th trial.
absl::StatusOr<Tally> Work(const std::string& argv0, Seed seed, int job, int jobs,
                           const Endings& endings) {
  MIG_ASSIGN_OR_RETURN(const auto clock, base::SystemClock::Open());
  const base::MonotonicTime began = clock->MonotonicNow();
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<KillSite> site, MakeSite(argv0));
  if (job == 0) {
    for (const std::string& skipped : site->skipped()) std::cout << "SKIPPED " << skipped << "\n";
  }
  Tally tally;
  // Most trials are made in memory; where that cannot be mounted, in a directory of this machine.
  Share share = Share::kMost;
  for (const DiskKind disk : kDisks) {
    if (site->Find(disk, Temper::kGood) == nullptr) continue;
    const Share of_this_disk = std::exchange(share, Share::kSample);
    MIG_RETURN_IF_ERROR(PrepareRecoveries(*site, disk));
    for (const Scenario& scenario : Scenarios()) {
      MIG_ASSIGN_OR_RETURN(const Verdict watched, WatchScenario(*site, scenario, disk));
      if (watched.violation) {
        ++tally.violations;
        ShowLost({.scenario = &scenario, .disk = disk}, *watched.violation);
      }
      SeededRandom random(seed.For(scenario.name, static_cast<uint64_t>(disk)));
      std::vector<Trial> mine;
      const std::vector<Trial> all =
          ChooseTrials(scenario, disk, ExtentOf(of_this_disk, scenario), watched.calls, random);
      for (size_t i = static_cast<size_t>(job); i < all.size(); i += static_cast<size_t>(jobs)) {
        mine.push_back(all[i]);
      }
      const auto goes_on = [&endings] { return !endings.has_come(); };
      MIG_ASSIGN_OR_RETURN(const Tally part, RunTrials(*site, mine, goes_on, ShowLost));
      if (endings.has_come()) return absl::AbortedError("ended by a signal");
      tally += part;
      std::cout << absl::StrCat(scenario.name, "@", DiskName(disk), " of process ", job + 1, ": ",
                                part.trials, " trials, ", part.violations, " violations, after ",
                                absl::FormatDuration(
                                    absl::Trunc(clock->MonotonicNow() - began, absl::Seconds(1))),
                                "\n")
                << std::flush;
    }
  }
  return tally;
}

absl::StatusOr<Tally> Again(const Arguments& arguments, const std::string& argv0) {
  MIG_ASSIGN_OR_RETURN(const Trial trial, Trial::Parse(arguments.trial));
  MIG_ASSIGN_OR_RETURN(
      const std::unique_ptr<KillSite> site,
      KillSite::Make(argv0, {{trial.disk, Temper::kGood}, {trial.disk, Temper::kBad}}));
  for (const std::string& skipped : site->skipped()) std::cout << "SKIPPED " << skipped << "\n";
  if (absl::StartsWith(trial.scenario->name, "recover")) {
    MIG_RETURN_IF_ERROR(PrepareRecoveries(*site, trial.disk));
  }
  if (!arguments.show_calls)
    return RunTrials(
        *site, {trial}, [] { return true; }, ShowLost);
  MIG_ASSIGN_OR_RETURN(const Verdict watched, WatchScenario(*site, *trial.scenario, trial.disk));
  for (const Striker::Counted& counted : watched.calls) {
    std::cout << KindName(counted.point.kind) << "." << counted.point.ordinal << " "
              << counted.call.name << " " << counted.call.path << "\n";
  }
  return Tally();
}

// Starts the processes, and takes their tallies from a pipe each.
absl::StatusOr<Tally> WorkInParts(const std::string& argv0, Seed seed, int jobs) {
  const Endings endings;
  std::vector<std::pair<pid_t, int>> others;
  for (int job = 0; job < jobs; ++job) {
    int ends[2];
    if (pipe(ends) != 0) return absl::UnavailableError("no pipe");
    const pid_t pid = fork();
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      close(ends[0]);
      const absl::StatusOr<Tally> tally = Work(argv0, seed, job, jobs, endings);
      if (!tally.ok()) std::cerr << "kill: " << tally.status().message() << std::endl;
      const bool is_told = tally.ok() && write(ends[1], &*tally, sizeof(*tally)) > 0;
      std::cout << std::flush;
      _exit(is_told ? 0 : 1);
    }
    close(ends[1]);
    others.emplace_back(pid, ends[0]);
  }
  Tally all;
  absl::Status status;
  for (const auto& [pid, from] : others) {
    pollfd items[] = {{.fd = from, .events = POLLIN, .revents = 0},
                      {.fd = endings.descriptor(), .events = POLLIN, .revents = 0}};
    while (poll(items, 2, -1) < 0 || items[0].revents == 0) {
      for (const auto& [other, ignored] : others) kill(other, SIGTERM);
      items[1].fd = -1;  // told once
    }
    Tally tally;
    if (read(from, &tally, sizeof(tally)) != sizeof(tally)) {
      status = absl::AbortedError("a process of it ended before its work; see above");
    }
    close(from);
    waitpid(pid, nullptr, 0);
    all += tally;
  }
  if (!status.ok()) return status;
  return all;
}

int Main(const std::string& argv0, const std::vector<std::string>& words) {
  const absl::StatusOr<Arguments> arguments = ParseArguments(words);
  if (!arguments.ok()) {
    std::cerr << "kill: " << arguments.status().message() << "\n";
    return 2;
  }
  if (arguments->help) {
    std::cout << kUsage;
    return 0;
  }
  const Seed seed = Seed::FromEnvironmentOrRandom();
  std::cout << "kill: " << seed << std::endl;
  const absl::StatusOr<Tally> tally = arguments->trial.empty()
                                          ? WorkInParts(argv0, seed, arguments->jobs)
                                          : Again(*arguments, argv0);
  if (!tally.ok()) {
    std::cerr << "kill: " << tally.status().message() << "\n";
    return absl::IsInvalidArgument(tally.status()) ? 2 : 1;
  }
  std::cout << tally->ToString() << std::endl;
  return tally->violations == 0 ? 0 : 1;
}

}  // namespace
}  // namespace mig::tests

int main(int argc, char** argv) {
  return mig::tests::Main(argv[0], std::vector<std::string>(argv + 1, argv + argc));
}
