// The crash suite over one history: every interruption that it knows, or as many as there is time
// for, and what came of them.

#ifndef MIG_TESTS_CRASH_SUITE_H_
#define MIG_TESTS_CRASH_SUITE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/testing/seed.h"
#include "tests/crash/boots.h"
#include "tests/crash/history.h"
#include "tests/crash/state.h"
#include "tests/crash/world.h"

namespace mig::tests {

// How much of it is done. The default: all.
struct Extent {
  static constexpr size_t kAll = SIZE_MAX;

  base::testing::Seed seed{0};
  int threads = 1;
  size_t states = kAll;            // of one power cut that are booted
  size_t second_states = kAll;     // of them, those whose boots are watched for a second power cut
  size_t states_of_second = kAll;  // of each of those: states of the second cut that are booted
  size_t kills = kAll;             // operations at which the process is killed
  size_t faults = kAll;            // operations times errors
  size_t samples = 64;             // images of one instant, where there are too many to enumerate
  size_t violations = 20;          // after so many it ends
};

// What CI has time for, and the part of `tools/crash --all` that is sampled. The seed is the
// caller's to set.
Extent ForCi();
Extent ForSampling();

struct Finding {
  std::string history;
  std::string what;  // how it was interrupted; a trail can be replayed
  Violations violations;
};

struct Figures {
  uint64_t states = 0;  // different ones that were booted three times
  uint64_t kills = 0;
  uint64_t faults = 0;
  std::vector<Finding> findings;  // in no order when there are several threads

  void Add(const Figures& more);
};

// How far it is, for a person; called now and then, by one thread at a time.
struct Progress {
  std::string history;
  absl::string_view part;  // "power cuts"
  size_t done = 0;
  size_t of = 0;
};
using ShowProgress = std::function<void(const Progress&)>;

// ADVERSARY 115: the power is cut at each operation of a run; from each state that leaves the
// machine boots three times (boots.h), and the power is cut again at each operation of each boot.
Figures CutPower(const History& history, const Extent& extent, const DiskLens& lens = nullptr,
                 const ShowProgress& show = nullptr);

// The states that CutPower begins with: each different one that a power cut in an uninterrupted run
// could leave.
std::vector<State> StatesOfARun(const History& history, const Extent& extent,
                                const DiskLens& lens = nullptr);

// ADVERSARY 114 as the model has it: the process is killed at each operation of a run; the machine
// runs on, with what is not durable; then the power is cut while the next process works.
Figures Kill(const History& history, const Extent& extent, const DiskLens& lens = nullptr,
             const ShowProgress& show = nullptr);

// ADVERSARY 118: each fsync of a run fails once with EIO, and what it should have made durable is
// lost; the power goes after the run.
Figures FailSyncs(const History& history, const Extent& extent, const DiskLens& lens = nullptr,
                  const ShowProgress& show = nullptr);

// ADVERSARY 117: each operation of a run fails once, with each error that a disk has; then the
// power is cut at a moment that the seed draws. Every other time there is a second fault.
Figures FailCalls(const History& history, const Extent& extent, const DiskLens& lens = nullptr,
                  const ShowProgress& show = nullptr);

// A power cut, then a call of the recovery fails once.
Figures FailRecoveries(const History& history, const Extent& extent, const DiskLens& lens = nullptr,
                       const ShowProgress& show = nullptr);

// ADVERSARY 119: after the commit point a staged file, a kept copy, or both, are lost or damaged.
Figures DamageFiles(const History& history, const Extent& extent, const DiskLens& lens = nullptr,
                    const ShowProgress& show = nullptr);

// All of these.
Figures RunSuite(const History& history, const Extent& extent, const DiskLens& lens = nullptr,
                 const ShowProgress& show = nullptr);

// Goes along `trail` and boots from where it leads. NotFound: it leads nowhere (another seed, or
// another version of the loader). `disk`: what lies there.
absl::StatusOr<Finding> Replay(const History& history, const Trail& trail, const Extent& extent,
                               std::vector<std::string>& disk, const DiskLens& lens = nullptr);

}  // namespace mig::tests

#endif  // MIG_TESTS_CRASH_SUITE_H_
