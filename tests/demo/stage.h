// What the demo's steps act on: one small organisation with three people, a coordinator, and two
// desks.

#ifndef MIG_TESTS_DEMO_STAGE_H_
#define MIG_TESTS_DEMO_STAGE_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/random.h"
#include "proto/mig/v1/admin_hosts.pb.h"
#include "proto/mig/v1/report.pb.h"
#include "tests/harness/ceremony.h"
#include "tests/harness/coordinator.h"
#include "tests/harness/files.h"
#include "tests/harness/loader_host.h"
#include "tests/harness/operator.h"
#include "tests/harness/world.h"

namespace mig::tests {

// "what: seen" as the error of a step that does not hold.
absl::Status NotSo(absl::string_view expected, absl::string_view seen);

// Which files lie below a directory, and how: two that are equal were not touched between.
using Marks = std::map<std::string, FileMark>;
Marks MarksOf(const std::string& directory);

// What makes a fleet of hundreds. Absolute paths.
struct Simulator {
  std::string program;   // mig-sim
  std::string scenario;  // sim/scenarios/kill.txtpb
};

struct Stage {
  // The first three are borrowed.
  Stage(World& world, base::Clock& clock, base::Random& random, Simulator simulator)
      : world(world),
        clock(clock),
        random(random),
        simulator(std::move(simulator)),
        ceremony(world),
        ana(world, ceremony.passphrase_file()) {}

  World& world;
  base::Clock& clock;
  base::Random& random;
  const Simulator simulator;

  Ceremony ceremony;
  Operator ana;
  std::optional<Coordinator> coordinator;  // from the first step on
  std::optional<LoaderHost> desk_one;      // from the third step on
  std::optional<LoaderHost> desk_two;      // the last step's
  std::string desk_one_id;                 // in hex

  // Signed by two of the three, in two roles.
  std::vector<std::string> ReleaseKeys() const { return ceremony.KeysOf({"ana", "bo"}, "release"); }
  std::vector<std::string> RolloutKeys() const { return ceremony.KeysOf({"bo", "cy"}, "rollout"); }

  // Files of a release that is to be published.
  std::string Source(const std::string& name) const { return world.Path("releases/" + name); }

  // Publishes agent@VERSION with `setting` in its configuration, signs it, and starts its plan.
  // `make`: more arguments of make_agent. Files of `extra` come beside.
  absl::Status RollOut(const std::string& version, const std::string& setting,
                       const std::vector<std::string>& make = {},
                       const std::vector<ReleaseFile>& extra = {}) const;

  // The coordinator's word of a host: its id's first digits, or its name.
  absl::StatusOr<v1::HostDetails> WordOf(const std::string& host) const;
};

// The newest outcome of this kind that the coordinator has of a host; NotFound names the kind and
// what there is.
absl::StatusOr<v1::Outcome> NewestOutcome(const v1::HostDetails& host, v1::Outcome::Kind kind);

// FailedPrecondition, with what differs, unless the files at the desk are these, byte for byte.
absl::Status CheckInstalled(const LoaderHost& desk, const std::string& program_source,
                            const std::string& config_source);

}  // namespace mig::tests

#endif  // MIG_TESTS_DEMO_STAGE_H_
