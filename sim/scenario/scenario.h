// A scenario that was checked: what a simulation may begin with.

#ifndef MIG_SIM_SCENARIO_SCENARIO_H_
#define MIG_SIM_SCENARIO_SCENARIO_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "sim/scenario/mode.h"

namespace mig::sim {

enum class AgentFault { kCrashes, kHangs, kLies, kDies, kNeverReady };

struct ComponentPlan {
  std::string name;
  uint64_t size_bytes = 0;
  std::string content;
};

struct ReleasePlan {
  std::string version;
  std::vector<ComponentPlan> components;
  uint32_t bad_ppm = 0;
  AgentFault fault = AgentFault::kCrashes;
};

// Times are since the beginning of the run.
struct WavePlan {
  uint32_t upto_ppm = 0;
  absl::Duration opens;
  absl::Duration ramp;
  int line = 0;  // in the file, for what can only be refused once the fleet is known
};

struct RolloutPlan {
  size_t release = 0;  // index in releases
  absl::Duration start;
  std::vector<WavePlan> waves;
  uint32_t canaries = 0;
  std::optional<absl::Duration> halt;
};

// A span of the run.
struct Span {
  absl::Duration from = absl::ZeroDuration();
  absl::Duration until = absl::InfiniteDuration();

  bool Has(absl::Duration t) const { return from <= t && t < until; }
};

struct LinkPlan {
  absl::Duration latency;
  absl::Duration jitter;
  uint32_t lost_ppm = 0;
  uint32_t cut_ppm = 0;
  Span span;
};

struct PowerCutPlan {
  uint32_t installs_ppm = 0;
  absl::Duration off = absl::Seconds(60);
  uint32_t again_ppm = 0;
  Span span;
};

struct DiskFaultPlan {
  uint32_t full_ppm = 0;
  uint32_t failing_ppm = 0;
  Span span;
};

struct LoaderKillPlan {
  uint32_t installs_ppm = 0;
  Span span;
};

struct DamagePlan {
  uint32_t files_ppm = 0;
  uint32_t trust_ppm = 0;
  Span span;
};

struct CoordinatorKillPlan {
  absl::Duration at;
  absl::Duration down = absl::Seconds(2);
};

// As the file has it, with its defaults; each value within the bound of scenario.proto's comment.
struct Scenario {
  std::string file;  // as it was named, for messages
  std::string name;
  uint32_t hosts = 0;
  uint32_t certificates = 0;
  absl::Duration duration;
  absl::Duration check_in_every;
  std::vector<ReleasePlan> releases;
  std::vector<RolloutPlan> rollouts;
  LinkPlan link;
  PowerCutPlan power_cuts;
  DiskFaultPlan disk_faults;
  LoaderKillPlan loader_kills;
  DamagePlan damage;
  std::vector<CoordinatorKillPlan> coordinator_kills;
  std::vector<std::string> assertions;  // each of the grammar of report/assertion.h
  absl::Duration probation;
  absl::Duration clock_skew;
};

// Reads a scenario's text. `file` is for messages. `mode` decides which faults can be had.
//
// Errors: InvalidArgument  one line: "FILE:LINE: FIELD ...", what is wrong, and what to write
// instead
absl::StatusOr<Scenario> ParseScenario(absl::string_view file, absl::string_view text, Mode mode);

// At most this many bytes of text.
inline constexpr size_t kMaxScenarioBytes = 256 * 1024;

}  // namespace mig::sim

#endif  // MIG_SIM_SCENARIO_SCENARIO_H_
