// Power cuts, and power cuts in the recovery from them.

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/crash/boots.h"
#include "tests/crash/machine.h"
#include "tests/crash/suite.h"
#include "tests/crash/work.h"

namespace mig::tests {

namespace {

base::PowerCut CutOf(const Extent& extent, const Trail& trail) {
  return {.seed = extent.seed.For(TextOf(trail)).value(), .samples = extent.samples};
}

}  // namespace

std::vector<State> StatesOfARun(const History& history, const Extent& extent,
                                const DiskLens& lens) {
  KnownStates known;
  std::vector<State> states;
  World world(history, lens);
  Machine machine(world, world.start(), kAttacked);
  WatchForStates(machine, Doing::kRunOnline, {}, CutOf(extent, {}), [&](State state) {
    if (known.Add(KeyOf(state.image, state.told))) states.push_back(std::move(state));
  });
  machine.RunOnline();
  StopWatching(machine);
  return states;
}

Figures CutPower(const History& history, const Extent& extent, const DiskLens& lens,
                 const ShowProgress& show) {
  Findings findings(history, extent);
  const std::vector<State> states = StatesOfARun(history, extent, lens);
  KnownStates known;
  {
    // Also those that are not booted: looking at what was left is cheap.
    World world(history, lens);
    for (const State& state : states) {
      known.Add(KeyOf(state.image, state.told));
      base::MemoryFileSystem left(state.image);
      findings.Note(absl::StrCat("power cut, ", TextOf(state.trail)),
                    world.checker().AsLeft(left, state.told));
    }
  }
  const std::vector<size_t> first = Draw(states.size(), extent.states, extent.seed.For("states"));
  const std::vector<size_t> watched =
      Draw(first.size(), extent.second_states, extent.seed.For("second"));
  const absl::flat_hash_set<size_t> is_watched(watched.begin(), watched.end());

  ForEach(first.size(), history, extent, lens, "power cuts", show, findings,
          [&](World& world, size_t i) {
            const State& state = states[first[i]];
            std::vector<State> second;
            const auto take = [&](State left) {
              if (known.Add(KeyOf(left.image, left.told))) second.push_back(std::move(left));
            };
            // All of the recovery; of a run with the network, which begins a new install, some.
            const Boots::Prepare watch = [&](Machine& machine, Doing doing) {
              if (doing == Doing::kRunOnline) {
                WatchForSomeStates(machine, doing, state.trail,
                                   extent.seed.For(TextOf(state.trail)), 200, take);
              } else {
                WatchForStates(machine, doing, state.trail, CutOf(extent, state.trail), take);
              }
            };
            Boots boots(world);
            findings.CountState();
            findings.Note(absl::StrCat("power cut, ", TextOf(state.trail)),
                          boots.Check(state, is_watched.contains(i) ? watch : nullptr));
            for (const size_t j : Draw(second.size(), extent.states_of_second,
                                       extent.seed.For(TextOf(state.trail)))) {
              if (findings.IsEnough()) return;
              findings.CountState();
              findings.Note(absl::StrCat("power cuts, ", TextOf(second[j].trail)),
                            boots.Check(second[j]));
            }
          });
  return findings.Take();
}

absl::StatusOr<Finding> Replay(const History& history, const Trail& trail, const Extent& extent,
                               std::vector<std::string>& disk, const DiskLens& lens) {
  World world(history, lens);
  State state{.image = world.start()};
  for (const Step& step : trail) {
    std::optional<State> found;
    const Trail so_far = state.trail;
    Machine machine(world, state.image, kAttacked + static_cast<int>(so_far.size()));
    world.coordinator().outcomes = state.told;
    const auto take = [&](State left) {
      if (left.trail.back() == step) found = std::move(left);
    };
    if (step.doing == Doing::kRunOnline && !so_far.empty()) {
      WatchForSomeStates(machine, step.doing, so_far, extent.seed.For(TextOf(so_far)), 200, take);
    } else {
      WatchForStates(machine, step.doing, so_far, CutOf(extent, so_far), take);
    }
    switch (step.doing) {
      case Doing::kRecover:
        machine.StartAgent();
        break;
      case Doing::kRunOffline:
        machine.RunOffline();
        break;
      case Doing::kRunOnline:
        machine.RunOnline();
        break;
    }
    if (!found.has_value()) {
      return absl::NotFoundError(absl::StrCat("the step ", TextOf({step}), " of ", TextOf(trail),
                                              " leads nowhere: is it of another seed or version?"));
    }
    state = *std::move(found);
  }
  disk = state.image.Describe();
  return Finding{
      .history = history.name, .what = TextOf(trail), .violations = Boots(world).Check(state)};
}

Extent ForCi() {
  return {.states = 60,
          .second_states = 2,
          .states_of_second = 20,
          .kills = 15,
          .faults = 20,
          .samples = 16};
}

Extent ForSampling() {
  return {.states = 500,
          .second_states = 100,
          .states_of_second = 20,
          .kills = 100,
          .faults = 200,
          .samples = 32};
}

void Figures::Add(const Figures& more) {
  states += more.states;
  kills += more.kills;
  faults += more.faults;
  findings.insert(findings.end(), more.findings.begin(), more.findings.end());
}

}  // namespace mig::tests
