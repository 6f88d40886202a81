// tools/crash: arguments, a terminal, the suite. See tests/crash/suite.h.

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/system_clock.h"
#include "base/testing/seed.h"
#include "tests/crash/history.h"
#include "tests/crash/suite.h"

namespace mig::tests {
namespace {

constexpr char kExamples[] = R"(
Histories: )";

constexpr char kMore[] = R"(

Examples:
  tools/crash                                  what CI runs, in about a minute
  tools/crash --all                            every state of the standard install, and more of the rest
  tools/crash --history going-back --seed 7    one history again, as that seed draws it
  tools/crash --history update --replay online@412.3/recover@17.0 --seed 7
                                               one state: what lies on the disk, what is wrong there

Exit status: 0 no violation, 1 violations, 2 wrong arguments.
)";

struct Arguments {
  bool all = false;
  std::string history;
  std::string replay;
  uint64_t seed = 0;
  int threads = 0;
};

// One line that is redrawn on a terminal; else nothing.
class Line {
 public:
  explicit Line(base::Clock& clock) : clock_(clock) {}

  void Show(const Progress& progress) {
    if (isatty(STDERR_FILENO) == 0) return;
    const base::MonotonicTime now = clock_.MonotonicNow();
    if (last_.has_value() && now - *last_ < absl::Milliseconds(100)) return;
    last_ = now;
    std::cerr << "\r\x1b[K" << progress.history << ": " << progress.part << " " << progress.done
              << " of " << progress.of << std::flush;
  }
  void Clear() {
    if (isatty(STDERR_FILENO) != 0) std::cerr << "\r\x1b[K" << std::flush;
  }

 private:
  base::Clock& clock_;
  std::optional<base::MonotonicTime> last_;
};

Extent ExtentOf(const Arguments& arguments, const History& history) {
  const base::testing::Seed seed(arguments.seed);
  Extent extent = arguments.all ? Extent{} : ForCi();
  if (arguments.all && history.cover == History::Cover::kSampled) extent = ForSampling();
  extent.seed = seed;
  extent.threads = arguments.threads;
  return extent;
}

void Print(const Finding& finding, uint64_t seed) {
  std::cout << "VIOLATION in " << finding.history << ": " << finding.what << " (--seed " << seed
            << ")\n  " << absl::StrJoin(finding.violations, "\n  ") << "\n";
}

int ReplayOne(const Arguments& arguments, const History& history) {
  const absl::StatusOr<Trail> trail = TrailFrom(arguments.replay);
  if (!trail.ok()) {
    std::cerr << "crash: " << trail.status().message() << "\n";
    return 2;
  }
  std::vector<std::string> disk;
  const absl::StatusOr<Finding> finding =
      Replay(history, *trail, ExtentOf(arguments, history), disk);
  if (!finding.ok()) {
    std::cerr << "crash: " << finding.status().message() << "\n";
    return 2;
  }
  std::cout << absl::StrJoin(disk, "\n") << "\n";
  if (!finding->violations.empty()) Print(*finding, arguments.seed);
  std::cout << (finding->violations.empty() ? "no violation\n" : "");
  return finding->violations.empty() ? 0 : 1;
}

int RunAll(const Arguments& arguments, base::Clock& clock) {
  Figures total;
  Line line(clock);
  for (const History& history : Histories()) {
    if (!arguments.history.empty() && history.name != arguments.history) continue;
    const base::MonotonicTime began = clock.MonotonicNow();
    const Figures figures = RunSuite(history, ExtentOf(arguments, history), nullptr,
                                     [&line](const Progress& progress) { line.Show(progress); });
    line.Clear();
    const int64_t took_s = absl::ToInt64Seconds(clock.MonotonicNow() - began);
    std::cout << history.name << ": " << figures.states << " states, " << figures.kills
              << " kills, " << figures.faults << " faults, " << figures.findings.size()
              << " violations, " << took_s << " s  (" << history.what << ")" << std::endl;
    for (const Finding& finding : figures.findings) Print(finding, arguments.seed);
    total.Add(figures);
  }
  std::cout << "seed " << arguments.seed << "\n"
            << "crash: " << total.states << " states, " << total.kills << " kills, " << total.faults
            << " faults, " << total.findings.size() << " violations" << std::endl;
  return total.findings.empty() ? 0 : 1;
}

int Main(int argc, char** argv) {
  Arguments arguments;
  arguments.seed = base::testing::Seed::FromEnvironmentOrRandom().value();
  arguments.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  CLI::App app{
      "Interrupts whole runs of the loader on a disk in memory: power cuts at each "
      "operation, kills, calls that fail; docs/crash.md says what is modelled."};
  app.name("crash");
  app.add_flag("--all", arguments.all,
               "everything, not what CI has time for: under 40 minutes on two cores");
  app.add_option("--history", arguments.history, "only this one");
  app.add_option("--seed", arguments.seed, "what is sampled, again; else another one each time");
  app.add_option("--replay", arguments.replay, "boot from this state of --history, and print it");
  app.add_option("--threads", arguments.threads, "as many as there are cores, by default")
      ->check(CLI::Range(1, 256));
  std::vector<std::string> names;
  for (const History& history : Histories()) names.push_back(history.name);
  app.footer(absl::StrCat(kExamples, absl::StrJoin(names, " "), kMore));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const History* const history = FindHistory(arguments.history);
  if (history == nullptr && !(arguments.history.empty() && arguments.replay.empty())) {
    std::cerr << "crash: --history is one of: " << absl::StrJoin(names, " ") << "\n";
    return 2;
  }
  if (!arguments.replay.empty()) return ReplayOne(arguments, *history);
  const absl::StatusOr<std::unique_ptr<base::SystemClock>> clock = base::SystemClock::Open();
  if (!clock.ok()) {
    std::cerr << "crash: " << clock.status().message() << "\n";
    return 2;
  }
  return RunAll(arguments, **clock);
}

}  // namespace
}  // namespace mig::tests

int main(int argc, char** argv) { return mig::tests::Main(argc, argv); }
