// What is done with each state that an interruption left (ADVERSARY.md 9): the machine boots three
// times from it. The agent is started, recover first (R11); a run without the network; a run with
// it. Each of them must keep the invariants, and the host must come to the end of its story.

#ifndef MIG_TESTS_CRASH_BOOTS_H_
#define MIG_TESTS_CRASH_BOOTS_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/memory_file_system.h"
#include "base/testing/seed.h"
#include "loader/install/journal.h"
#include "loader/run/exit_code.h"
#include "loader/run/testing/host_checker.h"
#include "tests/crash/machine.h"
#include "tests/crash/state.h"
#include "tests/crash/world.h"

namespace mig::tests {

using loader::testing::Violations;

// Takes each state that a power cut could leave of what `machine` does from now on, while it is
// alive or until StopWatching; each state of an instant that could not have been left before.
// `cut`: how images are drawn where they are too many; `which` and `together` are set here.
using TakeState = std::function<void(State)>;
void WatchForStates(Machine& machine, Doing doing, const Trail& so_far, const base::PowerCut& cut,
                    TakeState take);
// Some of them only: at about one operation of `one_in` that the seed draws, some images.
void WatchForSomeStates(Machine& machine, Doing doing, const Trail& so_far,
                        base::testing::Seed seed, uint64_t one_in, TakeState take);
void StopWatching(Machine& machine);

// One thread at a time.
class Boots {
 public:
  // Called for each of the three machines before it does anything, to watch it or to fail it.
  using Prepare = std::function<void(Machine&, Doing)>;

  // Where a call failed or a file was damaged, a story that should end with going back may also end
  // where nothing can be put back: the new set stays, and both are reported (ADVERSARY 130).
  enum class End { kAsTold, kOrCannotGoBack };

  // Borrows the world.
  explicit Boots(World& world, End end = End::kAsTold) : world_(world), end_(end) {}

  // Boots from `state`. Empty: all is well.
  Violations Check(const State& state, const Prepare& prepare = nullptr);

  // From a state in which something else was damaged too. What cannot be made whole without the
  // network is not run; with it, the host comes to the end of its story.
  Violations CheckDamaged(const State& state);

  // As Check, for a process that ended (killed, or by an error of the disk) on a machine that runs
  // on: what is not durable is still not. `make` gives the machine just after; it is called three
  // times.
  Violations CheckEnded(const std::function<std::unique_ptr<Machine>()>& make,
                        const Prepare& prepare = nullptr);

 private:
  void StartAgent(Machine& machine, Violations& violations);
  void RunOffline(Machine& machine, Violations& violations);
  void RunOnline(Machine& machine, Violations& violations);
  Violations Story(const std::function<std::unique_ptr<Machine>()>& make, const Prepare& prepare);
  void ComeToTheEnd(Machine& machine, Violations& violations);
  void CheckWhole(Machine& machine, absl::string_view after, Violations& violations);

  void CheckStarts(Machine& machine, absl::string_view after, Violations& violations);
  bool IsFine(loader::ExitCode code) const;
  bool CannotGoBack(Machine& machine) const;

  World& world_;
  const End end_;
  std::optional<loader::Phase> phase_;  // of the journal that was left
};

}  // namespace mig::tests

#endif  // MIG_TESTS_CRASH_BOOTS_H_
