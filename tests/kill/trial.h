// What is tried: a scenario, on a file system, with one strike, or with two. Has a name, so that a
// trial can be made again.

#ifndef MIG_TESTS_KILL_TRIAL_H_
#define MIG_TESTS_KILL_TRIAL_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/kill/disks.h"
#include "tests/kill/strike.h"
#include "tests/kill/victim.h"

namespace mig::tests {

// What the run does that is struck.
struct Scenario {
  absl::string_view name;
  Temper temper = Temper::kGood;
  absl::string_view begins;  // the saved state
  std::vector<std::string> verb;
  enum class Agent { kNone, kRuns };
  Agent agent = Agent::kRuns;  // when it begins
  enum class Damage { kNone, kFiles };
  Damage damage = Damage::kNone;  // of what is installed, when it begins
};

// install, update, back (the new agent cannot be started), repair, idle; and recover at boot, after
// a kill in the middle of a commit, at the start of the new agent, and on the way back.
const std::vector<Scenario>& Scenarios();

struct Trial {
  const Scenario* scenario = nullptr;  // of Scenarios()
  DiskKind disk = DiskKind::kHere;
  std::optional<Strike> strike;  // absent: nothing disturbs it
  enum class Next { kRecover, kRun };
  Next next = Next::kRecover;    // what runs after that: offline, or the next run at once
  std::optional<Strike> second;  // of what comes next

  // "update@ext4:change.37.exit=kill:recover:change.5.entry=kill"
  std::string ToString() const;
  // InvalidArgument: says what is wrong.
  static absl::StatusOr<Trial> Parse(absl::string_view text);
};

}  // namespace mig::tests

#endif  // MIG_TESTS_KILL_TRIAL_H_
