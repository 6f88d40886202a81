// The process is killed; the machine runs on.

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/crash/boots.h"
#include "tests/crash/machine.h"
#include "tests/crash/suite.h"
#include "tests/crash/work.h"

namespace mig::tests {

namespace {

// Operations of the run that is attacked.
uint64_t OperationsOf(const History& history, const DiskLens& lens) {
  World world(history, lens);
  Machine machine(world, world.start(), kAttacked);
  const uint64_t before = machine.disk().operations();
  machine.RunOnline();
  return machine.disk().operations() - before;
}

// A machine whose loader was killed after operation `n` of its run. All that it was told of by then
// is in the coordinator.
std::unique_ptr<Machine> Killed(World& world, uint64_t n) {
  world.coordinator().outcomes.clear();
  auto machine = std::make_unique<Machine>(world, world.start(), kAttacked);
  machine->disk().CutPowerAfter(machine->disk().operations() + n);
  machine->RunOnline();
  machine->disk().Revive();
  return machine;
}

}  // namespace

Figures Kill(const History& history, const Extent& extent, const DiskLens& lens,
             const ShowProgress& show) {
  Findings findings(history, extent);
  KnownStates known;
  const std::vector<size_t> places = Draw(static_cast<size_t>(OperationsOf(history, lens)) + 1,
                                          extent.kills, extent.seed.For("kills"));
  ForEach(places.size(), history, extent, lens, "kills", show, findings,
          [&](World& world, size_t i) {
            const uint64_t n = places[i];
            std::vector<State> left;
            const Boots::Prepare watch = [&](Machine& machine, Doing doing) {
              WatchForSomeStates(machine, doing, {}, extent.seed.For("kill", n), 100,
                                 [&](State state) { left.push_back(std::move(state)); });
            };
            Boots boots(world);
            findings.CountKill();
            findings.Note(absl::StrCat("killed after operation ", n),
                          boots.CheckEnded([&] { return Killed(world, n); }, watch));
            // Then the power goes while the next process works.
            for (const size_t j : Draw(left.size(), 3, extent.seed.For("then cut", n))) {
              if (findings.IsEnough()) return;
              if (!known.Add(KeyOf(left[j].image, left[j].told))) continue;
              findings.CountState();
              findings.Note(absl::StrCat("killed after operation ", n, ", then a power cut, ",
                                         TextOf(left[j].trail)),
                            boots.Check(left[j]));
            }
          });
  return findings.Take();
}

}  // namespace mig::tests
