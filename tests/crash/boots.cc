#include "tests/crash/boots.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/disk_image.h"
#include "loader/run/run_result.h"

namespace mig::tests {

namespace {

using loader::ExitCode;
using loader::Phase;
using loader::RunResult;
using loader::testing::FileSet;
using loader::testing::Invariants;

constexpr absl::string_view kState = "/var/lib/mig-loader";

void Add(const Violations& more, absl::string_view when, Violations& violations) {
  for (const std::string& line : more) violations.push_back(absl::StrCat(when, ": ", line));
}

// I7 is of what is kept; `status` says when it was looked at last.
base::DiskImage WithoutStatus(base::DiskImage image) {
  for (auto& [number, node] : image.nodes) {
    node.entries.erase("status");
    node.entries.erase(".status.new");
  }
  return image;
}

std::string WordsOf(const RunResult& result) {
  return absl::StrCat("exit ", static_cast<int>(result.exit_code), " ", result.refusal.text());
}

// How often the coordinator was told of the story's end.
int Endings(const World& world, const std::vector<v1::Outcome>& outcomes) {
  return static_cast<int>(
      std::count_if(outcomes.begin(), outcomes.end(), [&world](const v1::Outcome& outcome) {
        if (outcome.manifest_digest() != world.release().bytes()) return false;
        // An agent that nobody has started yet is recorded, and not said to be well.
        if (outcome.kind() == v1::Outcome::ADOPT) return true;
        if (!world.history().ends_before()) return outcome.result() == v1::Outcome::HEALTHY;
        return outcome.result() == v1::Outcome::WENT_BACK &&
               outcome.refusal().code() != v1::Refusal::INTERRUPTED;
      }));
}

}  // namespace

void WatchForStates(Machine& machine, Doing doing, const Trail& so_far, const base::PowerCut& cut,
                    TakeState take) {
  base::MemoryFileSystem& disk = machine.disk();
  const auto& told = machine.world().coordinator().outcomes;
  base::PowerCut asked = cut;
  asked.together = {absl::StrCat(kState, "/downloads"), absl::StrCat(kState, "/status")};
  asked.which = base::PowerCut::Which::kNew;
  disk.Watch([&disk, &told, doing, so_far, asked, take = std::move(take),
              told_before = told.size()](absl::string_view, absl::string_view) mutable {
    const uint64_t operation = disk.operations() + 1;
    // What the coordinator was told meanwhile must be true of each state that can be left now.
    const bool is_told = told.size() != told_before;
    told_before = told.size();
    base::PowerCut now = asked;
    now.seed += operation;
    if (is_told) now.which = base::PowerCut::Which::kAll;
    size_t index = 0;
    disk.ForEachDurableImage(now, [&](const base::DiskImage& image) {
      Trail trail = so_far;
      trail.push_back({.doing = doing, .operation = operation, .image = index++});
      take({.image = image, .told = told, .trail = std::move(trail)});
    });
  });
}

void WatchForSomeStates(Machine& machine, Doing doing, const Trail& so_far,
                        base::testing::Seed seed, uint64_t one_in, TakeState take) {
  base::MemoryFileSystem& disk = machine.disk();
  const auto& told = machine.world().coordinator().outcomes;
  disk.Watch([&disk, &told, doing, so_far, seed, one_in, take = std::move(take)](
                 absl::string_view, absl::string_view) {
    const uint64_t operation = disk.operations() + 1;
    const uint64_t drawn = seed.For(NameOf(doing), operation).value();
    if (drawn % one_in != 0) return;
    size_t index = 0;
    disk.ForEachDurableImage(
        {.seed = drawn, .samples = 2, .which = base::PowerCut::Which::kDrawn},
        [&](const base::DiskImage& image) {
          Trail trail = so_far;
          trail.push_back({.doing = doing, .operation = operation, .image = index++});
          take({.image = image, .told = told, .trail = std::move(trail)});
        });
  });
}

void StopWatching(Machine& machine) { machine.disk().Watch(nullptr); }

bool Boots::IsFine(ExitCode code) const {
  return code == ExitCode::kOk || code == ExitCode::kWentBack ||
         (code == ExitCode::kCannotGoBack && end_ == End::kOrCannotGoBack);
}

bool Boots::CannotGoBack(Machine& machine) const {
  if (end_ != End::kOrCannotGoBack || !world_.history().ends_before()) return false;
  const std::vector<v1::Outcome>& told = world_.coordinator().outcomes;
  const bool is_told = std::any_of(told.begin(), told.end(), [](const v1::Outcome& outcome) {
    return outcome.result() == v1::Outcome::CANNOT_GO_BACK;
  });
  return is_told && world_.checker()
                        .WhenSettled(machine.disk(), machine.disk().SeenImage(),
                                     world_.checker().invariants().after())
                        .empty();
}

Violations Boots::Check(const State& state, const Prepare& prepare) {
  return Story(
      [this, &state] {
        world_.coordinator().outcomes = state.told;
        return std::make_unique<Machine>(world_, state.image,
                                         kAttacked + static_cast<int>(state.trail.size()));
      },
      prepare);
}

Violations Boots::CheckDamaged(const State& state) {
  Violations violations;
  const auto boot = [&] {
    world_.coordinator().outcomes = state.told;
    return std::make_unique<Machine>(world_, state.image,
                                     kAttacked + static_cast<int>(state.trail.size()));
  };
  const std::unique_ptr<Machine> alone = boot();
  const ExitCode code = alone->StartAgent().exit_code;
  if (code == ExitCode::kOk || code == ExitCode::kWentBack) {
    CheckWhole(*alone, "recover", violations);
  } else {
    CheckStarts(*alone, "recover", violations);  // a mix may lie there, and is not run
  }
  const std::unique_ptr<Machine> connected = boot();
  connected->RunOnline();
  ComeToTheEnd(*connected, violations);
  return violations;
}

Violations Boots::CheckEnded(const std::function<std::unique_ptr<Machine>()>& make,
                             const Prepare& prepare) {
  return Story(make, prepare);
}

Violations Boots::Story(const std::function<std::unique_ptr<Machine>()>& make,
                        const Prepare& prepare) {
  Violations violations;
  const auto begin = [&](Doing doing) {
    std::unique_ptr<Machine> machine = make();
    if (doing == Doing::kRecover) {
      // On a copy: looking is no operation of the machine.
      base::MemoryFileSystem left(machine->disk().SeenImage());
      Add(world_.checker().AsLeft(left, world_.coordinator().outcomes), "as it was left",
          violations);
      const loader::testing::Memory memory = loader::testing::ReadMemory(left, std::string(kState));
      phase_.reset();
      if (memory.journal.has_value()) phase_ = memory.journal->phase;
    }
    if (prepare) prepare(*machine, doing);
    return machine;
  };
  StartAgent(*begin(Doing::kRecover), violations);
  RunOffline(*begin(Doing::kRunOffline), violations);
  RunOnline(*begin(Doing::kRunOnline), violations);
  return violations;
}

void Boots::StartAgent(Machine& machine, Violations& violations) {
  const RunResult started = machine.StartAgent();
  StopWatching(machine);
  if (!IsFine(started.exit_code)) {
    violations.push_back(absl::StrCat("recover: ", WordsOf(started)));
  }
  CheckWhole(machine, "recover", violations);
  const FileSet now = loader::testing::ReadFileSet(machine.disk(), world_.paths());
  const Invariants& invariants = world_.checker().invariants();
  if (phase_ == Phase::kCommitted && !world_.history().ends_before() && now != invariants.after()) {
    violations.push_back("recover: I1: committed, and it had not all that it takes to go on");
  }
  if ((phase_ == Phase::kReverting || phase_ == Phase::kReactivating) &&
      now != invariants.before() && !world_.history().is_repair) {
    violations.push_back("recover: I1: it was going back, and did not");
  }
  const base::DiskImage once = machine.disk().SeenImage();
  machine.RecoverOnly();
  const auto unchanged =
      Invariants::IsUnchanged(WithoutStatus(once), WithoutStatus(machine.disk().SeenImage()));
  if (!unchanged) violations.push_back(absl::StrCat("recover again: ", unchanged.message()));
}

void Boots::RunOffline(Machine& machine, Violations& violations) {
  machine.RunOffline();
  StopWatching(machine);
  CheckWhole(machine, "run offline", violations);
}

void Boots::RunOnline(Machine& machine, Violations& violations) {
  machine.RunOnline();
  StopWatching(machine);
  CheckWhole(machine, "run online", violations);
  ComeToTheEnd(machine, violations);
}

// One run may finish what was left; the next one brings the host where it should be.
void Boots::ComeToTheEnd(Machine& machine, Violations& violations) {
  Violations last;
  for (int more = 0; more < 2; ++more) {
    if (more > 0) {
      world_.clock().Advance(absl::Hours(3));
      machine.RunOnline();
    }
    last =
        world_.checker().WhenSettled(machine.disk(), machine.disk().SeenImage(), world_.wanted());
    const int endings = Endings(world_, world_.coordinator().outcomes);
    if (endings != 1) {
      last.push_back(absl::StrCat("the coordinator was told ", endings, " times of the end"));
    }
    if (last.empty() || CannotGoBack(machine)) return;
  }
  Add(last, "after two more runs", violations);
}

void Boots::CheckWhole(Machine& machine, absl::string_view after, Violations& violations) {
  Add(world_.checker().WhenWhole(machine.disk(), machine.running()), after, violations);
  CheckStarts(machine, after, violations);
}

void Boots::CheckStarts(Machine& machine, absl::string_view after, Violations& violations) {
  const Invariants& invariants = world_.checker().invariants();
  for (const FileSet& start : machine.starts()) {
    if (start == invariants.before() || start == invariants.after()) continue;
    violations.push_back(absl::StrCat(after, ": I2: the agent was started with a mix of two sets"));
  }
}

}  // namespace mig::tests
