// What happens to a host in the crash suite: how it is before, which release it is to get, and how
// that release's agent behaves.

#ifndef MIG_TESTS_CRASH_HISTORY_H_
#define MIG_TESTS_CRASH_HISTORY_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/memory_file_system.h"
#include "loader/run/testing/fake_coordinator.h"

namespace mig::tests {

struct History {
  enum class Start {
    kInstalled,  // `before` was installed by a manifest, and runs
    kForeign,    // its files lie there, no manifest put them there
    kBare,       // nothing is there
  };
  // The agent of `after`.
  enum class Agent { kHealthy, kCrashes };
  // Whether all states of a power cut are booted, or some that a seed draws.
  enum class Cover { kExhaustive, kSampled };

  std::string name;
  std::string what;  // for people
  Start start = Start::kInstalled;
  loader::testing::Contents before;
  loader::testing::Contents after;
  std::vector<std::string> retired;  // by the release of `after`
  Agent agent = Agent::kHealthy;
  Cover cover = Cover::kSampled;
  bool is_held = false;             // the agent is stopped during the renames
  std::vector<std::string> mounts;  // directories that are file systems of their own
  // What happened to the disk between the last good run and this one; null: nothing.
  std::function<void(base::MemoryFileSystem&)> meanwhile;
  // Whether the release of `before` is only put right: there is no other one.
  bool is_repair = false;

  bool ends_before() const { return agent == Agent::kCrashes; }
};

// The standard install (five components, three directories) first, then what is sampled.
const std::vector<History>& Histories();

// Null: there is none of this name.
const History* FindHistory(absl::string_view name);

// The dictionary of a history's host.
std::string DictionaryOf(const History& history);

}  // namespace mig::tests

#endif  // MIG_TESTS_CRASH_HISTORY_H_
