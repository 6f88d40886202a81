// Independent pieces of work on several threads, each thread with a world of its own.

#ifndef MIG_TESTS_CRASH_WORK_H_
#define MIG_TESTS_CRASH_WORK_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/testing/seed.h"
#include "tests/crash/suite.h"
#include "tests/crash/world.h"

namespace mig::tests {

// Any thread may call.
class KnownStates {
 public:
  // Whether it was not known before.
  bool Add(uint64_t key);

 private:
  std::mutex mutex_;
  absl::flat_hash_set<uint64_t> keys_;
};

// What a suite finds. Any thread may call.
class Findings {
 public:
  Findings(const History& history, const Extent& extent) : history_(history), extent_(extent) {}

  void CountState() { ++states_; }
  void CountKill() { ++kills_; }
  void CountFault() { ++faults_; }
  // Nothing if `violations` is empty.
  void Note(std::string what, Violations violations);
  // Enough is known: it is red.
  bool IsEnough() const { return count_ >= extent_.violations; }
  Figures Take();

 private:
  const History& history_;
  const Extent& extent_;
  std::atomic<uint64_t> states_ = 0, kills_ = 0, faults_ = 0;
  std::atomic<size_t> count_ = 0;
  std::mutex mutex_;
  std::vector<Finding> findings_;
};

// Calls `work(world, i)` for each i below `count`, on extent.threads threads, until it is enough.
void ForEach(size_t count, const History& history, const Extent& extent, const DiskLens& lens,
             absl::string_view part, const ShowProgress& show, const Findings& findings,
             const std::function<void(World&, size_t)>& work);

// At most `most` of [0, count), drawn by the seed, ascending.
std::vector<size_t> Draw(size_t count, size_t most, base::testing::Seed seed);

}  // namespace mig::tests

#endif  // MIG_TESTS_CRASH_WORK_H_
