// Abseil's own search for deadlocks, which Debian's build of it leaves on in every program.

#ifndef MIG_BASE_DEADLOCK_SEARCH_H_
#define MIG_BASE_DEADLOCK_SEARCH_H_

namespace mig::base {

// For this whole process: absl::Mutex keeps no graph any more of which was locked while which was
// held. gRPC's mutexes are such ones too, and with the search a call takes half as much processor
// time again (docs/benchmarks.md). Tests never call this: there the search finds what it is for, a
// wrong order of locks, and ends the test.
//
// First thing in main, before any other thread: mutexes that are held already are searched on.
void SwitchOffDeadlockSearch();

}  // namespace mig::base

#endif  // MIG_BASE_DEADLOCK_SEARCH_H_
