// The mutation gate (ADVERSARY.md 9): ways to write the loader wrongly, one at a time, and the one
// seam through which they are chosen at run time. Nothing that ships knows of it.
//
// That seam is the lens of a World (mutant_disk.h), which stands between the loader and the memory
// disk. A mutant changes what reaches the disk; or, where it is no matter of single calls, it takes
// the place of one step of the loader in the linker (mutant_steps.cc: ld's --wrap, only in programs
// that link it, and only while a machine with such a lens is alive).

#ifndef MIG_TESTS_CRASH_MUTATION_H_
#define MIG_TESTS_CRASH_MUTATION_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mig::tests {

// Where a call of the loader stands: what it does to which file, and whether a journal lay there.
struct Call {
  enum class Kind { kSyncFile, kSyncDirectory, kWrite, kRename, kCreate };
  Kind kind = Kind::kSyncFile;
  absl::string_view directory;  // absolute; of the file
  absl::string_view name;       // of the file; empty: the directory itself
  absl::string_view new_name;   // of a rename
  bool has_journal = false;
};
using Matches = std::function<bool(const Call&)>;

struct Mutant {
  // What happens to a call that matches.
  enum class Change {
    kNone,         // a step is changed instead
    kDrop,         // an fsync says ok, and does nothing
    kPostpone,     // the fsync happens after the next journal is durable
    kInPlace,      // the file is rewritten in place: no new one, no rename
    kUnlinkFirst,  // the target is removed before the rename
    kSyncTwice,    // an fsync that fails is tried again, and then believed
    kVanish,       // the file is not written at all
  };
  enum class Step {
    kNone,
    kSaveSeenAfterRenames,
    kReportBeforeRenames,
    kBelieveStaged,  // nothing is read back at recovery
    kDoneBeforeProbation,
    kDropKeptBeforeDone,
  };

  std::string name;
  std::string what;  // for people
  Change change = Change::kNone;
  Matches matches;  // with a change
  Step step = Step::kNone;
  std::string history;  // where it shows
  std::string reason;  // why it is redundant: nothing can tell it from the loader; empty: it is not
};

const std::vector<Mutant>& Mutants();

}  // namespace mig::tests

#endif  // MIG_TESTS_CRASH_MUTATION_H_
