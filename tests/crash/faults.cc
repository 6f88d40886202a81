// Calls that fail once, in a run and in a recovery, alone and in pairs; and files that are lost or
// damaged after the commit point.

#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/path.h"
#include "base/testing/seeded_random.h"
#include "loader/install/journal.h"
#include "tests/crash/boots.h"
#include "tests/crash/machine.h"
#include "tests/crash/suite.h"
#include "tests/crash/work.h"

namespace mig::tests {

namespace {

using base::testing::Seed;
using base::testing::SeededRandom;

// What the file system's seam makes of the errors of a disk (base/file_system.h). EINTR, short
// reads and short writes end within the real seam, which goes on: tests/kill sees to them.
struct Error {
  absl::string_view names;
  absl::StatusCode code;
};
constexpr Error kErrors[] = {
    {"EIO", absl::StatusCode::kDataLoss},
    {"ENOSPC, EDQUOT, EMFILE", absl::StatusCode::kResourceExhausted},
    {"ENOMEM", absl::StatusCode::kUnavailable},
    {"EROFS, EACCES", absl::StatusCode::kPermissionDenied},
};
constexpr size_t kErrorCount = std::size(kErrors);

absl::Status StatusOf(const Error& error) { return absl::Status(error.code, error.names); }

uint64_t OperationsOfTheRun(const History& history, const DiskLens& lens) {
  World world(history, lens);
  Machine machine(world, world.start(), kAttacked);
  const uint64_t before = machine.disk().operations();
  machine.RunOnline();
  return machine.disk().operations() - before;
}

// A fault, and what comes with it.
struct Plan {
  uint64_t operation = 0;
  const Error* error = nullptr;
  uint64_t second_operation = 0;  // 0: none
  const Error* second_error = nullptr;

  std::string Text() const {
    std::string text = absl::StrCat(error->names, " at operation ", operation);
    if (second_operation != 0) {
      absl::StrAppend(&text, ", ", second_error->names, " at operation ", second_operation);
    }
    return text;
  }
  void Prepare(base::MemoryFileSystem& disk) const {
    disk.FailOperation(disk.operations() + operation, StatusOf(*error));
    if (second_operation == 0) return;
    disk.FailOperation(disk.operations() + second_operation, StatusOf(*second_error));
  }
};

// The i-th of operations x errors; every other one has a second fault, which the seed draws.
Plan PlanOf(size_t i, uint64_t operations, Seed seed) {
  Plan plan{.operation = i / kErrorCount + 1, .error = &kErrors[i % kErrorCount]};
  SeededRandom random(seed.For("fault", i));
  if (i % 2 == 0 || operations < 2) return plan;
  plan.second_operation = 1 + random.Below(operations);
  plan.second_error = &kErrors[random.Below(kErrorCount)];
  if (plan.second_operation == plan.operation) plan.second_operation = 0;
  return plan;
}

// The run ends, whatever it says; the machine runs on.
std::unique_ptr<Machine> Failed(World& world, const Plan& plan) {
  world.coordinator().outcomes.clear();
  auto machine = std::make_unique<Machine>(world, world.start(), kAttacked);
  plan.Prepare(machine->disk());
  machine->RunOnline();
  machine->disk().Revive();  // a second fault that did not come is not waited for
  return machine;
}

// Some of what power cuts could leave of a run with these faults.
std::vector<State> StatesAfter(World& world, const Plan& plan, Seed seed) {
  std::vector<State> states;
  world.coordinator().outcomes.clear();
  Machine machine(world, world.start(), kAttacked);
  plan.Prepare(machine.disk());
  WatchForSomeStates(machine, Doing::kRunOnline, {}, seed, 100,
                     [&](State state) { states.push_back(std::move(state)); });
  machine.RunOnline();
  StopWatching(machine);
  // The power goes after the run, too.
  machine.disk().ForEachDurableImage(
      {.seed = seed.value(), .which = base::PowerCut::Which::kDrawn},
      [&](const base::DiskImage& image) {
        states.push_back({.image = image,
                          .told = world.coordinator().outcomes,
                          .trail = {{.operation = machine.disk().operations() + 1}}});
      });
  return states;
}

}  // namespace

Figures FailCalls(const History& history, const Extent& extent, const DiskLens& lens,
                  const ShowProgress& show) {
  Findings findings(history, extent);
  KnownStates known;
  const uint64_t operations = OperationsOfTheRun(history, lens);
  const std::vector<size_t> places =
      Draw(operations * kErrorCount, extent.faults, extent.seed.For("faults"));
  ForEach(
      places.size(), history, extent, lens, "faults", show, findings, [&](World& world, size_t i) {
        const Seed seed = extent.seed.For("fault", places[i]);
        const Plan plan = PlanOf(places[i], operations, extent.seed);
        Boots boots(world, Boots::End::kOrCannotGoBack);
        findings.CountFault();
        findings.Note(plan.Text(), boots.CheckEnded([&] { return Failed(world, plan); }));
        const std::vector<State> left = StatesAfter(world, plan, seed);
        for (const size_t j : Draw(left.size(), 3, seed)) {
          if (findings.IsEnough()) return;
          if (!known.Add(KeyOf(left[j].image, left[j].told))) continue;
          findings.CountState();
          findings.Note(absl::StrCat(plan.Text(), ", then a power cut, ", TextOf(left[j].trail)),
                        boots.Check(left[j]));
        }
      });
  return findings.Take();
}

Figures FailSyncs(const History& history, const Extent& extent, const DiskLens& lens,
                  const ShowProgress& show) {
  Findings findings(history, extent);
  std::vector<uint64_t> syncs;  // by operation of the run
  {
    World world(history, lens);
    Machine machine(world, world.start(), kAttacked);
    const uint64_t before = machine.disk().operations();
    machine.disk().Watch([&](absl::string_view verb, absl::string_view) {
      const bool is_sync = verb == "fsync" || verb == "fdatasync";
      if (is_sync) syncs.push_back(machine.disk().operations() + 1 - before);
    });
    machine.RunOnline();
    StopWatching(machine);
  }
  const std::vector<size_t> places =
      Draw(syncs.size(), extent.faults, extent.seed.For("failed syncs"));
  ForEach(places.size(), history, extent, lens, "failed syncs", show, findings,
          [&](World& world, size_t i) {
            const Plan plan{.operation = syncs[places[i]], .error = &kErrors[0]};
            Boots boots(world, Boots::End::kOrCannotGoBack);
            findings.CountFault();
            // The last of them: nothing more is durable than what was synced.
            for (const State& left : StatesAfter(world, plan, extent.seed.For("sync", i))) {
              if (findings.IsEnough()) return;
              findings.CountState();
              findings.Note(absl::StrCat(plan.Text(), ", then a power cut"), boots.Check(left));
            }
          });
  return findings.Take();
}

Figures FailRecoveries(const History& history, const Extent& extent, const DiskLens& lens,
                       const ShowProgress& show) {
  Findings findings(history, extent);
  const std::vector<State> states = StatesOfARun(history, extent, lens);
  const std::vector<size_t> places =
      Draw(states.size(), extent.faults, extent.seed.For("failed recoveries"));
  ForEach(places.size(), history, extent, lens, "faults in recoveries", show, findings,
          [&](World& world, size_t i) {
            const State& state = states[places[i]];
            SeededRandom random(extent.seed.For("in a recovery", places[i]));
            const auto boot = [&] {
              world.coordinator().outcomes = state.told;
              return std::make_unique<Machine>(world, state.image, kAttacked + 1);
            };
            const std::unique_ptr<Machine> whole = boot();
            const uint64_t before = whole->disk().operations();
            whole->StartAgent();
            const Plan plan{.operation = 1 + random.Below(whole->disk().operations() - before),
                            .error = &kErrors[random.Below(kErrorCount)]};
            Boots boots(world, Boots::End::kOrCannotGoBack);
            findings.CountFault();
            findings.Note(absl::StrCat("power cut, ", TextOf(state.trail), ", then ", plan.Text(),
                                       " of the recovery"),
                          boots.CheckEnded([&] {
                            std::unique_ptr<Machine> machine = boot();
                            plan.Prepare(machine->disk());
                            machine->StartAgent();
                            machine->disk().Revive();
                            return machine;
                          }));
          });
  return findings.Take();
}

namespace {

// Which files are harmed, and how.
enum class Harm { kStagedLost, kStagedFlipped, kKeptFlipped, kBothFlipped };
constexpr Harm kHarms[] = {Harm::kStagedLost, Harm::kStagedFlipped, Harm::kKeptFlipped,
                           Harm::kBothFlipped};

absl::string_view WordsOf(Harm harm) {
  switch (harm) {
    case Harm::kStagedLost:
      return "a staged file lost";
    case Harm::kStagedFlipped:
      return "a staged file damaged";
    case Harm::kKeptFlipped:
      return "a kept copy damaged";
    case Harm::kBothFlipped:
      break;
  }
  return "a staged file and its way back damaged";
}

// The same size, other bytes: only who reads it sees it.
void Flip(base::MemoryFileSystem& disk, const std::string& path) {
  const absl::StatusOr<base::OpenedParent> parent = base::OpenParent(disk, path);
  if (!parent.ok()) return;
  const auto file = parent->directory->OpenReadWrite(parent->name);
  if (!file.ok()) return;  // renamed already
  MIG_CHECK_OK((*file)->WriteAt(0, "?"));
  MIG_CHECK_OK((*file)->Sync());
}

// Nothing, if there is no journal, or the file has none of that.
bool DoHarm(base::MemoryFileSystem& disk, Harm harm, size_t index) {
  const loader::testing::Memory memory = loader::testing::ReadMemory(disk, "/var/lib/mig-loader");
  if (!memory.journal.has_value()) return false;
  const auto& files = memory.journal->files;
  const loader::JournalFile& file = files[index % files.size()];
  const std::string staged = base::JoinPath(file.directory, file.staged_name);
  const std::string kept = base::JoinPath("/var/lib/mig-loader", file.kept_name);
  if (file.staged_name.empty()) return false;
  if (harm == Harm::kStagedLost) {
    const absl::StatusOr<base::OpenedParent> parent = base::OpenParent(disk, staged);
    if (parent.ok() && parent->directory->Unlink(parent->name).ok()) {
      MIG_CHECK_OK(parent->directory->Sync());
    }
  }
  if (harm == Harm::kStagedFlipped || harm == Harm::kBothFlipped) Flip(disk, staged);
  if (file.kept_name.empty()) return harm != Harm::kKeptFlipped;
  if (harm == Harm::kKeptFlipped || harm == Harm::kBothFlipped) Flip(disk, kept);
  return true;
}

}  // namespace

Figures DamageFiles(const History& history, const Extent& extent, const DiskLens& lens,
                    const ShowProgress& show) {
  Findings findings(history, extent);
  std::vector<State> harmed;
  for (State& state : StatesOfARun(history, extent, lens)) {
    base::MemoryFileSystem disk(state.image);
    const loader::testing::Memory memory = loader::testing::ReadMemory(disk, "/var/lib/mig-loader");
    if (!memory.journal || memory.journal->phase != loader::Phase::kCommitted) continue;
    harmed.push_back(std::move(state));
  }
  const std::vector<size_t> places =
      Draw(harmed.size() * std::size(kHarms), extent.faults, extent.seed.For("damage"));
  ForEach(places.size(), history, extent, lens, "damaged files", show, findings,
          [&](World& world, size_t i) {
            State state = harmed[places[i] / std::size(kHarms)];
            const Harm harm = kHarms[places[i] % std::size(kHarms)];
            base::MemoryFileSystem disk(state.image);
            if (!DoHarm(disk, harm, extent.seed.For("file", places[i]).value())) return;
            state.image = disk.SeenImage();
            findings.CountFault();
            findings.Note(absl::StrCat("power cut, ", TextOf(state.trail), ", ", WordsOf(harm)),
                          Boots(world, Boots::End::kOrCannotGoBack).CheckDamaged(state));
          });
  return findings.Take();
}

Figures RunSuite(const History& history, const Extent& extent, const DiskLens& lens,
                 const ShowProgress& show) {
  Figures figures;
  for (const auto& attack : {CutPower, Kill, FailSyncs, FailCalls, FailRecoveries, DamageFiles}) {
    figures.Add(attack(history, extent, lens, show));
    if (figures.findings.size() >= extent.violations) break;
  }
  return figures;
}

}  // namespace mig::tests
