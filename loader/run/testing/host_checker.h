// The one checker of ADVERSARY.md 9: what must hold of a host during one change of one product,
// wherever the power is cut, the loader killed or the disk failing. For tests of runs, for
// tests/crash and for the simulator.

#ifndef MIG_LOADER_RUN_TESTING_HOST_CHECKER_H_
#define MIG_LOADER_RUN_TESTING_HOST_CHECKER_H_

#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/file_system.h"
#include "loader/install/journal.h"
#include "loader/install/testing/invariants.h"
#include "proto/mig/v1/report.pb.h"
#include "trust/trusted_state.h"

namespace mig::loader::testing {

// What a host remembers of its change, read from its disk. Nothing is written.
struct Memory {
  std::optional<Journal> journal;
  trust::TrustedState trusted;          // empty: there is none, or it is damaged
  std::vector<v1::Outcome> spooled;     // oldest first
  std::vector<std::string> unreadable;  // what a loader of ours should not have left
};
Memory ReadMemory(base::FileSystem& disk, const std::string& state_directory);

// One line for each invariant that is broken, "I1: ..."; empty: all is well.
using Violations = std::vector<std::string>;

// A value. Sets and releases are those of the change; a repair's `before` is the damaged set.
class HostChecker {
 public:
  struct Change {
    std::string state_directory;
    std::string product;
    base::Digest release;                        // the manifest of the set after
    std::optional<base::Digest> release_before;  // of the set before; absent: no manifest's
    Invariants invariants;
  };
  explicit HostChecker(Change change) : change_(std::move(change)) {}

  const Invariants& invariants() const { return change_.invariants; }

  // At any instant, while a loader runs: I6, in what processes see.
  Violations BetweenTwoCalls(base::FileSystem& seen) const;

  // What a power cut or a kill left, before anything recovers. `told`: what the coordinator knows.
  //   I1  without a journal, or once its renames are said to be durable, the set is one of the two
  //   I3, I5, I6
  //   I4  an outcome that is told, or waits in the spool, is of what is durable
  Violations AsLeft(base::FileSystem& disk, const std::vector<v1::Outcome>& told) const;

  // After recover, or a run, has ended. `running`: the files that the agent was started with since
  // the boot; absent: it was not started.
  //   I1, I2, I3; no renames are left to be done; the trusted state says what is installed
  Violations WhenWhole(base::FileSystem& disk, const std::optional<FileSet>& running) const;

  // I8's other half, and the end of every story: `disk` has the set `wanted` and nothing that an
  // install leaves behind.
  Violations WhenSettled(base::FileSystem& disk, const base::DiskImage& seen,
                         const FileSet& wanted) const;

 private:
  bool HoldsDocument(base::FileSystem& disk, const base::Digest& manifest) const;
  bool IsAt(base::FileSystem& disk, const FileSet& set) const;

  Change change_;
};

}  // namespace mig::loader::testing

#endif  // MIG_LOADER_RUN_TESTING_HOST_CHECKER_H_
