// A disk that carries out what a mutant of the loader would have asked for.

#ifndef MIG_TESTS_CRASH_MUTANT_DISK_H_
#define MIG_TESTS_CRASH_MUTANT_DISK_H_

#include <memory>

#include "base/memory_file_system.h"
#include "tests/crash/mutation.h"
#include "tests/crash/world.h"

namespace mig::tests {

// `mutant` is borrowed.
DiskLens LensOf(const Mutant& mutant);

// The machine of this thread whose loader is a mutant; null: there is none. For mutant_steps.cc,
// to which the linker hands over no argument of ours.
struct MutantAtWork {
  const Mutant& mutant;
  base::MemoryFileSystem& disk;

  bool HasJournal() const;
};
const MutantAtWork* AtWork();

}  // namespace mig::tests

#endif  // MIG_TESTS_CRASH_MUTANT_DISK_H_
